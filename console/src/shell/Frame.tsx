import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useState } from "react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useNews } from "../inbox/news";
import { Skeletons } from "../parts/Skeletons";
import { AREAS, areaOf } from "./areas";
import type { Area } from "./areas";
import { Caught } from "./Caught";
import { Bar, Rail } from "./Navigation";
import { Reconnecting } from "./Reconnecting";
import { wentSomewhere } from "./Routes";
import { listenForShortcuts, useShortcut } from "./shortcuts";

import styles from "./Frame.module.css";

const Keys = lazy(() => import("./Keys"));

interface Props {
  onSwitch: (workspace: string) => void;
  children: ReactNode;
}

/** The navigation, and the page in it. */
export function Frame({ onSwitch, children }: Props) {
  const { t } = useTranslation();
  const [place] = useLocation();
  const [keys, setKeys] = useState(false);
  const narrow = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  const area = areaOf(place);
  // On a phone a conversation has the whole screen, as it has in every messenger.
  const alone = narrow && place.startsWith("/conversations/");
  useNews();
  useEffect(listenForShortcuts, []);
  useEffect(() => {
    if (area !== "simulator") wentSomewhere();
  }, [area]);
  useShortcut("?", t("keys.show"), () => setKeys(true));
  const shared = { current: area, onSwitch, onKeys: () => setKeys(true) };
  return (
    <div className={styles.frame} data-narrow={narrow || undefined}>
      <a
        className={styles.skip}
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // the address stays as it is
          document.getElementById("main")?.focus();
        }}
      >
        {t("skip")}
      </a>
      {AREAS.map((each) => (
        <GoThere key={each.name} area={each} />
      ))}
      {!narrow && <Rail {...shared} />}
      <main id="main" className={styles.main} tabIndex={-1}>
        <Reconnecting />
        <div className={styles.page}>
          <Caught place={place}>
            <Suspense fallback={<Skeletons />}>{children}</Suspense>
          </Caught>
        </div>
      </main>
      {narrow && !alone && <Bar {...shared} />}
      <Suspense>{keys && <Keys onClose={() => setKeys(false)} />}</Suspense>
    </div>
  );
}

function GoThere({ area }: { area: Area }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  useShortcut(`g ${area.key}`, t("keys.go", { area: t(`areas.${area.name}`) }), () => go(area.path));
  return null;
}
