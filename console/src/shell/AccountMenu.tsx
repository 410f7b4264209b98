import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "./me";
import { MenuButton } from "./MenuButton";

const load = () => import("./AccountItems");
const AccountItems = lazy(load);

export function AccountMenu({ onKeys, wide = false }: { onKeys: () => void; wide?: boolean }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const me = useMe();
  if (!me?.user) return null;
  const { name } = me.user;
  const button = (
    <MenuButton
      name={name}
      label={t("accountOf", { name })}
      wide={wide}
      data-testid="account-menu"
      onPointerEnter={() => void load()}
      onClick={() => setWanted(true)}
    />
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <AccountItems me={{ ...me, user: me.user }} onKeys={onKeys} wide={wide} />
    </Suspense>
  );
}
