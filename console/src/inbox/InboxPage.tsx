import { Skeleton, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useRoute, useSearchParams } from "wouter";

import { useTitle } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { Chips } from "./Chips";
import { Empty } from "./Empty";
import { isNarrowed, readFilters } from "./filters";
import { List, ROW_PX } from "./List";
import { LONGEST, SearchField } from "./SearchField";
import { useConversations, useCounts, useSearched } from "./useConversations";
import type { Items } from "./useConversations";

import styles from "./InboxPage.module.css";

export default function InboxPage() {
  const { t } = useTranslation("inbox");
  const [, route] = useRoute("/conversations/:id/*?");
  const [search] = useSearchParams();
  const filters = readFilters(search);
  const words = (search.get("q") ?? "").trim().slice(0, LONGEST);
  const open = route?.id ?? null;
  const listed = useConversations(filters, open, words === "");
  const sought = useSearched(words, filters, words !== "");
  const unread = useCounts()?.unread ?? 0;
  useTitle(unread > 0 ? `(${unread}) ${t("title")}` : t("title"));
  return (
    <section className={styles.inbox} aria-label={t("title")}>
      <header className={styles.head}>
        <Title order={1} size="h4">
          {t("title")}
        </Title>
        <SearchField />
      </header>
      <Chips />
      <Content list={words === "" ? listed : sought} open={open} narrowed={isNarrowed(filters)} words={words} />
    </section>
  );
}

interface ContentProps {
  list: Items;
  open: string | null;
  narrowed: boolean;
  words: string;
}

function Content({ list, open, narrowed, words }: ContentProps) {
  const { t } = useTranslation(["inbox", "shell"]);
  if (list.pending) return <Waiting />;
  if (list.error !== null && list.items.length === 0) {
    return (
      <div className={styles.nothing}>
        <Says title={t("failed")} action={<SaysButton onClick={list.again}>{t("shell:again")}</SaysButton>}>
          {list.error.message}
        </Says>
      </div>
    );
  }
  if (list.items.length === 0 && !list.hasMore) {
    return (
      <div className={styles.nothing}>
        <Empty narrowed={narrowed} words={words} />
      </div>
    );
  }
  return <List list={list} open={open} />;
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div className={styles.waiting} role="status" aria-label={t("loading")}>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} style={{ height: ROW_PX }}>
          <Skeleton circle height={42} />
          <div>
            <Skeleton height={13} width="55%" />
            <Skeleton height={11} width="85%" />
          </div>
        </div>
      ))}
    </div>
  );
}
