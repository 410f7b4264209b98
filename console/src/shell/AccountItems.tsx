import { Menu, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { queries } from "../api/queries";
import { Icon } from "../icons";
import { chooseLanguage, isLanguage, LANGUAGES } from "../words/language";
import type { Me } from "./me";
import { MenuButton } from "./MenuButton";
import { signOut } from "./signOut";

import styles from "./Menus.module.css";

const THEMES = ["light", "dark", "auto"] as const;

interface Props {
  me: Me & { user: object };
  onKeys: () => void;
  wide: boolean;
}

/** Loaded when somebody has asked for it, and therefore open. */
export default function AccountItems({ me, onKeys, wide }: Props) {
  const { t } = useTranslation();
  const { name, email } = me.user;
  return (
    <Menu
      defaultOpened
      withInitialFocusPlaceholder={false}
      position={wide ? "top-start" : "right-end"}
      width={240}
      withinPortal
    >
      <Menu.Target>
        <MenuButton name={name} label={t("accountOf", { name })} wide={wide} data-testid="account-menu" />
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who}>
          <b dir="auto">{name}</b>
          {email !== "" && <span>{email}</span>}
        </div>
        <Menu.Divider />
        <Language />
        <Theme />
        <Menu.Divider />
        {!wide && (
          <Menu.Item leftSection={<Icon name="keyboard" size={18} />} onClick={onKeys}>
            {t("keys.title")}
          </Menu.Item>
        )}
        {!me.demo && <Menu.Item onClick={() => void leave()}>{t("signOut")}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}

function Language() {
  const { t, i18n } = useTranslation();
  return (
    <>
      <Menu.Label>{t("language")}</Menu.Label>
      <Menu.RadioGroup value={i18n.language} onChange={(code) => void (isLanguage(code) && chooseLanguage(code))}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <Menu.RadioItem key={code} value={code} lang={code}>
            {name}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

function Theme() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu.Label>{t("theme")}</Menu.Label>
      <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
        {THEMES.map((value) => (
          <Menu.RadioItem key={value} value={value}>
            {t(`themes.${value}`)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}

async function leave(): Promise<void> {
  await signOut();
  queries.clear();
  location.assign("/sign-in");
}
