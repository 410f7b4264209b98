import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { asQuery, matches } from "./filters";
import type { Filters, Row } from "./filters";
import { COUNTS, LISTS, SEARCHES } from "./news";

export type Found = components["schemas"]["ConversationFound"];

/** A row of the list: a conversation, and what was found in it if something was sought. */
export interface Item {
  row: Row;
  found?: Found;
}

export interface Items {
  items: Item[];
  pending: boolean;
  error: Error | null;
  hasMore: boolean;
  loadMore: () => void;
  again: () => void;
}

/** The conversations that fit, and the one that is open: it stays where it is until another one is. */
export function useConversations(filters: Filters, open: string | null, enabled: boolean): Items {
  const query = useInfiniteQuery({
    queryKey: [...LISTS, filters],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        await api.GET("/api/v1/conversations", {
          params: { query: { ...asQuery(filters), ...(pageParam !== null && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled,
  });
  const now = Date.now() / 1000;
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const items = rows.filter((row) => row.id === open || matches(row, filters, now)).map((row) => ({ row }));
  return { items, ...stateOf(query) };
}

export function useSearched(words: string, filters: Filters, enabled: boolean): Items {
  const query = useInfiniteQuery({
    queryKey: [...SEARCHES, words, filters],
    queryFn: async ({ pageParam, signal }) =>
      unwrap(
        await api.GET("/api/v1/conversations/search", {
          params: { query: { ...asQuery(filters), words, ...(pageParam !== null && { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled,
  });
  // An older message of a conversation may be found again further down: the newest says enough.
  const once = new Map<string, Item>();
  for (const found of query.data?.pages.flatMap((page) => page.items) ?? []) {
    const { conversation: row } = found;
    if (!once.has(row.id)) once.set(row.id, { row, found });
  }
  return { items: [...once.values()], ...stateOf(query) };
}

export function useCounts() {
  return useQuery({
    queryKey: COUNTS,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/v1/conversations/counts", { signal })),
  }).data;
}

export function useChoices(enabled: boolean) {
  return useQuery({
    queryKey: ["conversations", "choices"],
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/v1/conversations/choices", { signal })),
    enabled,
  }).data;
}

interface Asking {
  isPending: boolean;
  error: Error | null;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
  refetch: () => Promise<unknown>;
}

function stateOf(query: Asking): Omit<Items, "items"> {
  return {
    pending: query.isPending,
    error: query.error,
    hasMore: query.hasNextPage,
    loadMore: () => {
      if (!query.isFetchingNextPage) void query.fetchNextPage();
    },
    again: () => void query.refetch(),
  };
}
