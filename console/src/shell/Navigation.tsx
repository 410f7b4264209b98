import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Icon } from "../icons";
import { AREAS, ON_A_PHONE } from "./areas";
import type { Area, AreaName } from "./areas";
import { AccountMenu } from "./AccountMenu";
import { useMay } from "./me";
import { Wordmark } from "./Wordmark";
import { WorkspaceMenu } from "./WorkspaceMenu";

import styles from "./Navigation.module.css";

const Sheet = lazy(() => import("./Sheet"));

interface Props {
  current: AreaName | null;
  onSwitch: (workspace: string) => void;
  onKeys: () => void;
}

/** On a wide screen: a slim column at the side. */
export function Rail({ current, onSwitch, onKeys }: Props) {
  const { t } = useTranslation();
  return (
    <header className={styles.rail}>
      <Wordmark small />
      <nav className={styles.areas} aria-label={t("navigation")}>
        {AREAS.map((area) => (
          <AreaLink key={area.name} area={area} current={current} />
        ))}
      </nav>
      <div className={styles.foot}>
        <WorkspaceMenu onSwitch={onSwitch} />
        <AccountMenu onKeys={onKeys} />
      </div>
    </header>
  );
}

/** On a phone: a bar under the page, with what does not fit behind its last button. */
export function Bar({ current, onSwitch, onKeys }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    if (open) setWanted(true);
  }, [open]);
  const [near, far] = [AREAS.slice(0, ON_A_PHONE), AREAS.slice(ON_A_PHONE)];
  return (
    <>
      <nav className={styles.bar} aria-label={t("navigation")}>
        {near.map((area) => (
          <AreaLink key={area.name} area={area} current={current} />
        ))}
        <button
          type="button"
          className={styles.area}
          aria-expanded={open}
          data-current={far.some(({ name }) => name === current) || undefined}
          onClick={() => setOpen(true)}
        >
          <Icon name="more" size={22} />
          <span>{t("areas.more")}</span>
        </button>
      </nav>
      <Suspense>
        {wanted && (
          <Sheet opened={open} onClose={() => setOpen(false)}>
            <nav className={styles.far} aria-label={t("areas.more")} onClick={() => setOpen(false)}>
              {far.map((area) => (
                <AreaLink key={area.name} area={area} current={current} />
              ))}
            </nav>
            <div className={styles.drawerFoot}>
              <WorkspaceMenu onSwitch={onSwitch} wide />
              <AccountMenu onKeys={onKeys} wide />
            </div>
          </Sheet>
        )}
      </Suspense>
    </>
  );
}

function AreaLink({ area, current }: { area: Area; current: AreaName | null }) {
  const { t } = useTranslation();
  const may = useMay(area.least);
  if (!may) return null;
  return (
    <Link
      href={area.path}
      className={styles.area}
      aria-current={area.name === current ? "page" : undefined}
      data-testid={`area-${area.name}`}
    >
      <Icon name={area.icon} size={22} />
      <span>{t(`areas.${area.name}`)}</span>
    </Link>
  );
}
