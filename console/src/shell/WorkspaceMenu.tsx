import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { Face } from "./Face";
import { useMe, useMembership } from "./me";

import styles from "./Menus.module.css";

/** Which workspace is shown, and a way to the others; nothing where there is one. */
export function WorkspaceMenu({ onSwitch, wide = false }: { onSwitch: (id: string) => void; wide?: boolean }) {
  const { t } = useTranslation();
  const all = useMe()?.workspaces ?? [];
  const current = useMembership();
  if (current === undefined || all.length < 2) return null;
  return (
    <Menu position={wide ? "top-start" : "right-end"} width={240} withinPortal>
      <Menu.Target>
        <button
          type="button"
          className={styles.button}
          data-wide={wide || undefined}
          data-testid="workspace-menu"
          aria-label={`${t("workspace")}: ${current.name}`}
          title={current.name}
        >
          <Face name={current.name} square />
          {wide && <span dir="auto">{current.name}</span>}
          {wide && <Icon name="down" size={16} />}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("workspace")}</Menu.Label>
        <Menu.RadioGroup value={current.id} onChange={onSwitch}>
          {all.map(({ id, name }) => (
            <Menu.RadioItem key={id} value={id} closeMenuOnClick>
              <span dir="auto">{name}</span>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
