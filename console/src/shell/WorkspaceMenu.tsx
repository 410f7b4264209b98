import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useMe, useMembership } from "./me";
import { MenuButton } from "./MenuButton";

const load = () => import("./WorkspaceItems");
const WorkspaceItems = lazy(load);

/** Which workspace is shown, and a way to the others; nothing where there is one. */
export function WorkspaceMenu({ onSwitch, wide = false }: { onSwitch: (id: string) => void; wide?: boolean }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const all = useMe()?.workspaces ?? [];
  const current = useMembership();
  if (current === undefined || all.length < 2) return null;
  const label = `${t("workspace")}: ${current.name}`;
  const button = (
    <MenuButton
      name={current.name}
      label={label}
      square
      wide={wide}
      data-testid="workspace-menu"
      onPointerEnter={() => void load()}
      onClick={() => setWanted(true)}
    />
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <WorkspaceItems all={all} current={current} label={label} wide={wide} onSwitch={onSwitch} />
    </Suspense>
  );
}
