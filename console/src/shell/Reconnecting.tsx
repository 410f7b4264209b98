import { useTranslation } from "react-i18next";

import { useStanding } from "../api/live";

import styles from "./Reconnecting.module.css";

/** Over the page, so that nothing under it moves. A break that is soon over is not worth a word. */
export function Reconnecting() {
  const { t } = useTranslation();
  const lost = useStanding() === "reconnecting";
  return (
    <div className={styles.place} role="status">
      {lost && <span className={styles.says}>{t("reconnecting")}</span>}
    </div>
  );
}
