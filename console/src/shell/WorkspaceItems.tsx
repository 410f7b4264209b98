import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Membership } from "./me";
import { MenuButton } from "./MenuButton";

interface Props {
  all: readonly Membership[];
  current: Membership;
  label: string;
  wide: boolean;
  onSwitch: (id: string) => void;
}

/** Loaded when somebody has asked for it, and therefore open. */
export default function WorkspaceItems({ all, current, label, wide, onSwitch }: Props) {
  const { t } = useTranslation();
  return (
    <Menu
      defaultOpened
      withInitialFocusPlaceholder={false}
      position={wide ? "top-start" : "right-end"}
      width={240}
      withinPortal
    >
      <Menu.Target>
        <MenuButton name={current.name} label={label} square wide={wide} data-testid="workspace-menu" />
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
