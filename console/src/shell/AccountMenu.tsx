import { Menu, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { queries } from "../api/queries";
import { Icon } from "../icons";
import { chooseLanguage, isLanguage, LANGUAGES } from "../words/language";
import { Face } from "./Face";
import { useMe } from "./me";
import { signOut } from "./signOut";

import styles from "./Menus.module.css";

const THEMES = ["light", "dark", "auto"] as const;

export function AccountMenu({ onKeys, wide = false }: { onKeys: () => void; wide?: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  if (!me?.user) return null;
  const { name, email } = me.user;
  return (
    <Menu position={wide ? "top-start" : "right-end"} width={240} withinPortal>
      <Menu.Target>
        <button
          type="button"
          className={styles.button}
          data-wide={wide || undefined}
          data-testid="account-menu"
          aria-label={t("accountOf", { name })}
          title={name}
        >
          <Face name={name} />
          {wide && <span dir="auto">{name}</span>}
          {wide && <Icon name="down" size={16} />}
        </button>
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
