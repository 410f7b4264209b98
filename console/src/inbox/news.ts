// What the live stream tells is sorted into every list that was read, so that none has to be read again.
import type { InfiniteData } from "@tanstack/react-query";
import { useRef } from "react";

import { useLive } from "../api/live";
import { queries } from "../api/queries";
import type { components } from "../api/schema";
import { compare, matches } from "./filters";
import type { Filters, Row } from "./filters";

export type ListPage = components["schemas"]["ConversationPage"];
export type FoundPage = components["schemas"]["ConversationsFound"];
export type Listed = InfiniteData<ListPage, string | null>;
export type Sought = InfiniteData<FoundPage, string | null>;

export const LISTS = ["conversations", "list"] as const;
export const SEARCHES = ["conversations", "search"] as const;
export const COUNTS = ["conversations", "counts"] as const;
const COUNTED_EVERY_MS = 1000;

/** Follow the stream for as long as the console is open. */
export function useNews(): void {
  const counting = useRef<number | undefined>(undefined);
  useLive("conversation", (data) => {
    tell(data as Row);
    counting.current ??= window.setTimeout(() => {
      counting.current = undefined;
      void queries.invalidateQueries({ queryKey: COUNTS });
    }, COUNTED_EVERY_MS);
  });
  useLive("reset", () => {
    // What is being read at this moment is new enough.
    void queries.invalidateQueries({ queryKey: ["conversations"] }, { cancelRefetch: false });
  });
}

/** Put what is known of a conversation in place of what was. */
export function tell(row: Row, now = Date.now() / 1000): void {
  for (const query of queries.getQueryCache().findAll({ queryKey: LISTS })) {
    const filters = query.queryKey[2] as Filters;
    queries.setQueryData<Listed>(query.queryKey, (listed) => listed && sorted(listed, row, filters, now));
  }
  queries.setQueriesData<Sought>({ queryKey: SEARCHES }, (sought) => sought && inPlace(sought, row));
}

/** The pages with a row at its place. One that does not fit any more is kept: the page decides what it shows. */
export function sorted(listed: Listed, row: Row, filters: Filters, now: number): Listed {
  const all = listed.pages.flatMap((page) => page.items);
  const before = all.find(({ id }) => id === row.id);
  if (before === undefined ? !matches(row, filters, now) : before.seq > row.seq) return listed;
  const others = all.filter(({ id }) => id !== row.id);
  const place = others.findIndex((other) => compare(row, other, filters.order) < 0);
  // Behind everything that was read so far: it comes with its page.
  if (place < 0 && before === undefined && listed.pages.at(-1)?.next !== null) return listed;
  others.splice(place < 0 ? others.length : place, 0, row);
  let begin = 0;
  const grown = others.length - all.length;
  const pages = listed.pages.map((page, index) => {
    const size = page.items.length + (index === 0 ? grown : 0);
    begin += size;
    return { ...page, items: others.slice(begin - size, begin) };
  });
  return { ...listed, pages };
}

function inPlace(sought: Sought, row: Row): Sought {
  const pages = sought.pages.map((page) => ({
    ...page,
    items: page.items.map((found) =>
      found.conversation.id === row.id && found.conversation.seq <= row.seq ? { ...found, conversation: row } : found,
    ),
  }));
  return { ...sought, pages };
}
