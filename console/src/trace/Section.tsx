import { useId } from "react";
import type { ReactNode } from "react";

import styles from "./Section.module.css";

interface Props {
  title: string;
  /** Beside the title. */
  beside?: ReactNode;
  children: ReactNode;
}

/** One part of the page, with its heading. */
export function Section({ title, beside, children }: Props) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {beside}
      </div>
      {children}
    </section>
  );
}

/** What is folded until somebody wants it. */
export function Fold({ summary, children, open }: { summary: ReactNode; children: ReactNode; open?: boolean }) {
  return (
    <details className={styles.fold} open={open}>
      <summary>{summary}</summary>
      <div className={styles.inside}>{children}</div>
    </details>
  );
}

/** Words as they are, or JSON. */
export function Raw({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <pre className={styles.raw} dir="auto" tabIndex={0}>
      {text}
    </pre>
  );
}
