// One conversation as it is known here. Live news make the newest page be read anew; older ones stay as they were read.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { InfiniteData } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";

import { api, unwrap } from "../api/client";
import { useLive, useStanding as useStream } from "../api/live";
import { queries } from "../api/queries";
import type { components } from "../api/schema";

export type Head = components["schemas"]["ConversationTold"];
export type Entry = components["schemas"]["EntryTold"];
export type Message = components["schemas"]["Message"];
type ThreadPage = components["schemas"]["ThreadPageTold"];
type Pages = InfiniteData<ThreadPage, string | null>;

const PAGE = 50;
/** How often one looks while there is no stream. */
const LOOKED_MS = 3000;

export const headKey = (id: string) => ["thread", id, "head"] as const;
const pagesKey = (id: string) => ["thread", id, "entries"] as const;

export function useHead(id: string) {
  return useQuery({
    queryKey: headKey(id),
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/v1/conversations/{conversation_id}", {
          params: { path: { conversation_id: id } },
          signal,
        }),
      ),
  });
}

/** All entries that were read, the newest first. */
export function useEntries(id: string) {
  return useInfiniteQuery({
    queryKey: pagesKey(id),
    queryFn: ({ pageParam, signal }) => page(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: Infinity,
  });
}

async function page(id: string, before: string | null, signal?: AbortSignal): Promise<ThreadPage> {
  const query = { limit: PAGE, ...(before !== null && { after: before }) };
  const params = { path: { conversation_id: id }, query };
  const rest = signal === undefined ? {} : { signal };
  return unwrap(await api.GET("/api/v1/conversations/{conversation_id}/thread", { params, ...rest }));
}

/** Read what is new as soon as the stream tells of it; what is returned does it at once. */
export function useFollowing(id: string): () => Promise<void> {
  const reading = useRef<Promise<void> | null>(null);
  const again = useRef(false);
  const refresh = useCallback((): Promise<void> => {
    if (reading.current !== null) {
      again.current = true;
      return reading.current;
    }
    const read = async () => {
      do {
        again.current = false;
        const head = queries.invalidateQueries({ queryKey: headKey(id) });
        // What is being read for the first time may be older than the news: it is read again.
        if (queries.getQueryData(pagesKey(id)) === undefined) await queries.refetchQueries({ queryKey: pagesKey(id) });
        else {
          const newest = await page(id, null);
          queries.setQueryData<Pages>(pagesKey(id), (known) => known && joined(known, newest));
        }
        await head;
      } while (again.current);
    };
    // What cannot be read now is read with the next news.
    reading.current = read()
      .catch(() => undefined)
      .finally(() => {
        reading.current = null;
      });
    return reading.current;
  }, [id]);
  useLive("conversation", (data) => {
    if ((data as { id: string }).id === id) void refresh();
  });
  useLive("reset", () => void refresh());
  const streams = useStream() === "open";
  useEffect(() => {
    if (streams) return undefined;
    const timer = window.setInterval(() => {
      if (!document.hidden) void refresh();
    }, LOOKED_MS);
    return () => window.clearInterval(timer);
  }, [streams, refresh]);
  useEffect(() => {
    if (queries.getQueryData(pagesKey(id)) !== undefined) void refresh(); // it was read a while ago
  }, [id, refresh]);
  return refresh;
}

/** The newest page before the older ones that are known, as one page. A gap between them is read again. */
export function joined(known: Pages, newest: ThreadPage): Pages {
  const all = known.pages.flatMap((each) => each.items);
  const fresh = new Set(newest.items.map(({ id }) => id));
  const last = all.findLastIndex(({ id }) => fresh.has(id));
  if (last < 0 || newest.next === null) return { pages: [newest], pageParams: [null] };
  const older = all.slice(last + 1);
  const end = known.pages.at(-1)?.next ?? null;
  return { pages: [{ items: [...newest.items, ...older], next: older.length > 0 ? end : newest.next }], pageParams: [null] };
}
