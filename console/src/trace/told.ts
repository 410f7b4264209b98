// What the API tells of a turn, and how these pages ask for it.
import { useMutation, useQuery } from "@tanstack/react-query";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Turn = Schemas["ToldTurn"];
export type Bar = Schemas["Bar"];
export type Step = Schemas["ToldStep"];
export type Event = Schemas["ToldEvent"];
export type Question = Schemas["Question"];
export type Rehearsal = Schemas["RehearsalBody"];
export type Rehearsed = Schemas["Rehearsed"];
export type Script = Schemas["WrittenScript"];
export type Models = "asked" | "recorded";
export type What = "turn" | "script";

/** A turn that has not ended is read again this often. */
const AGAIN_MS = 2000;
const PROGRESS_MS = 700;

export function useTurn(id: string, no: number) {
  return useQuery({
    queryKey: ["turns", id, no],
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/v1/conversations/{conversation_id}/turns/{no}", {
          params: { path: { conversation_id: id, no } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (state.data !== undefined && isOpen(state.data) ? AGAIN_MS : false),
  });
}

function isOpen(turn: Turn): boolean {
  return turn.committed_at === null || turn.sent.some(({ settled_at }) => settled_at === null);
}

export function useAsk(id: string, no: number) {
  return useMutation({
    mutationFn: async (wanted: { models: Models; what: What }) =>
      unwrap(
        await api.POST("/api/v1/conversations/{conversation_id}/turns/{no}/rehearsals", {
          params: { path: { conversation_id: id, no } },
          body: wanted,
        }),
      ),
  });
}

/** How far it is, until it has ended. */
export function useRehearsal(asked: Rehearsal | undefined) {
  return useQuery({
    queryKey: ["rehearsals", asked?.id],
    enabled: asked !== undefined,
    queryFn: async ({ signal }) =>
      unwrap(
        await api.GET("/api/v1/rehearsals/{rehearsal_id}", {
          params: { path: { rehearsal_id: asked?.id ?? "" } },
          signal,
        }),
      ),
    initialData: asked,
    refetchInterval: ({ state }) => (state.data !== undefined && hasEnded(state.data) ? false : PROGRESS_MS),
  });
}

export function hasEnded({ state }: Rehearsal): boolean {
  return state === "done" || state === "failed";
}
