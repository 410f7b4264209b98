import { useTranslation } from "react-i18next";

import { useSaid } from "./problems";

import styles from "./Settings.module.css";

/** What came of a change, at a place that is kept for it. */
export function Said({ error, done = false }: { error: unknown; done?: boolean }) {
  const { t } = useTranslation("settings");
  const wrong = useSaid()(error);
  return (
    <p className={styles.said} data-wrong={wrong !== undefined || undefined} role="status">
      {wrong ?? (done ? t("saved") : "")}
    </p>
  );
}
