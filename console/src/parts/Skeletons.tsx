import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import styles from "./Skeletons.module.css";

/** What stands where a list will be. */
export function Skeletons({ rows = 6, height = 52 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <div className={styles.rows} role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={height} radius="md" />
      ))}
    </div>
  );
}
