import { Anchor, Badge, Code, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { statusOf } from "../api";
import { Wordmark } from "../Wordmark";

import styles from "./FirstPage.module.css";

const PAGES = [
  { path: "health", says: "the web process answers" },
  { path: "ready", says: "the database and the workers are there" },
  { path: "metrics", says: "figures for Prometheus" },
];

/** What a server without a phone shows: that it runs, and where to look. */
export function FirstPage() {
  return (
    <main className={styles.page} data-testid="first-page">
      <Wordmark />
      <Title order={1} size="h2" mt="lg">
        The server is running
      </Title>
      <Text mt="xs" c="var(--ink-soft)">
        Webhooks are taken and turns are kept. To try it with a phone on the page, run{" "}
        <Code>turnkeeper demo</Code>.
      </Text>
      <ul className={styles.pages}>
        {PAGES.map((page) => (
          <PageState key={page.path} {...page} />
        ))}
      </ul>
      <Text size="sm" c="var(--ink-soft)">
        <Code>turnkeeper doctor</Code> says which link of a set-up is broken,{" "}
        <Code>turnkeeper ledger</Code> what became of every message. The handbook is in{" "}
        <Code>docs/</Code>.
      </Text>
    </main>
  );
}

function PageState({ path, says }: { path: string; says: string }) {
  const query = useQuery({
    queryKey: ["page", path],
    queryFn: () => statusOf(`/${path}`),
    refetchInterval: 10_000,
  });
  const good = query.data === 200;
  return (
    <li>
      <Anchor href={`/${path}`}>/{path}</Anchor>
      <span className={styles.says}>{says}</span>
      <Badge variant="light" color={query.isPending ? "gray" : good ? "pine" : "red"}>
        {query.isPending ? "…" : (query.data ?? "no answer")}
      </Badge>
    </li>
  );
}
