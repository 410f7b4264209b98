import type { ReactNode } from "react";

import styles from "./State.module.css";

/** How something stands, in a word or two. */
export function State({ is, children }: { is?: "good" | "bad" | undefined; children: ReactNode }) {
  return (
    <span className={styles.state} data-is={is}>
      {children}
    </span>
  );
}
