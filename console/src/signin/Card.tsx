import { Title } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";

import { useTitle } from "../shell/Page";
import { Wordmark } from "../shell/Wordmark";

import styles from "./Card.module.css";

interface Props {
  title: string;
  says?: ReactNode;
  children?: ReactNode;
}

/** What somebody sees who is not signed in. */
export function Card({ title, says, children }: Props) {
  useTitle(title);
  return (
    <main className={styles.room}>
      <div className={styles.card}>
        <div className={styles.mark}>
          <Wordmark />
        </div>
        <Title order={1} size="h3">
          {title}
        </Title>
        {says !== undefined && (
          <p className={styles.says} dir="auto">
            {says}
          </p>
        )}
        {children}
      </div>
    </main>
  );
}

interface FormProps {
  /** Said under the fields, at a place that is kept for it. */
  wrong: string | undefined;
  onSubmit: () => void;
  children: ReactNode;
}

export function CardForm({ wrong, onSubmit, children }: FormProps) {
  function submitted(event: FormEvent): void {
    event.preventDefault();
    onSubmit();
  }
  return (
    <form className={styles.form} onSubmit={submitted} noValidate>
      {children}
      <p className={styles.whole} role="alert">
        {wrong}
      </p>
    </form>
  );
}

export function Lost({ children }: { children: ReactNode }) {
  return <p className={styles.lost}>{children}</p>;
}
