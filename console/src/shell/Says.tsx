import { Button, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import styles from "./Says.module.css";

/** One thing said in the middle of an empty page, and what to do about it. */
export function Says({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.says}>
      <Title order={2} size="h4">
        {title}
      </Title>
      {children !== undefined && (
        <Text size="sm" c="var(--ink-soft)">
          {children}
        </Text>
      )}
      {action}
    </div>
  );
}

export function SaysButton({ children, onClick }: { children: ReactNode; onClick: () => void }) {
  return (
    <Button size="sm" mt="xs" onClick={onClick}>
      {children}
    </Button>
  );
}
