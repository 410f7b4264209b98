import { Title } from "@mantine/core";
import { useEffect } from "react";
import type { ReactNode } from "react";

import styles from "./Page.module.css";

interface Props {
  title: string;
  /** Buttons beside the title. */
  actions?: ReactNode;
  /** As wide as the screen, for tables; else as wide as one reads well. */
  wide?: boolean;
  children: ReactNode;
}

/** The ordinary page: a heading and what is under it, scrolled as one. */
export function Page({ title, actions, wide = false, children }: Props) {
  useTitle(title);
  return (
    <div className={styles.scroller}>
      <div className={styles.page} data-wide={wide || undefined}>
        <header className={styles.head}>
          <Title order={1} size="h3">
            {title}
          </Title>
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

/** What the browser's tab says. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Turnkeeper`;
  }, [title]);
}
