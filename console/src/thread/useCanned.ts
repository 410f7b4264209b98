import { useQuery } from "@tanstack/react-query";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";

export type Canned = components["schemas"]["CannedTold"];
export const CANNED = ["canned-replies"] as const;
const MOST = 8;

export function useAllCanned(enabled: boolean) {
  return useQuery({
    queryKey: CANNED,
    queryFn: async ({ signal }) => unwrap(await api.GET("/api/v1/canned-replies", { signal })),
    enabled,
  });
}

/** The ready replies that a word after a slash names; null: none was asked for. */
export function useCanned(text: string): readonly Canned[] | null {
  const found = /^\/(\S*)$/.exec(text);
  const query = useAllCanned(found !== null);
  if (found === null || query.data === undefined) return null;
  const sought = (found[1] ?? "").toLowerCase();
  const begins = query.data.items.filter(({ shortcut }) => shortcut.toLowerCase().startsWith(sought));
  const holds = query.data.items.filter(
    (each) => !begins.includes(each) && `${each.shortcut} ${each.text}`.toLowerCase().includes(sought),
  );
  return [...begins, ...holds].slice(0, MOST);
}
