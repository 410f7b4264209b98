import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import styles from "./Bots.module.css";

export interface Tab {
  path: string;
  says: string;
}

/** Pages beside each other; each has an address of its own. */
export function Tabs({ tabs, label }: { tabs: Tab[]; label: string }) {
  const [at] = useLocation();
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.path} href={tab.path} className={styles.tab} aria-current={at === tab.path ? "page" : undefined}>
          {tab.says}
        </Link>
      ))}
    </nav>
  );
}

export function AreaTabs() {
  const { t } = useTranslation("bots");
  const tabs = [
    { path: "/bots", says: t("title") },
    { path: "/bots/-/knowledge", says: t("knowledge.title") },
    { path: "/bots/-/providers", says: t("providers.title") },
  ];
  return <Tabs tabs={tabs} label={t("title")} />;
}
