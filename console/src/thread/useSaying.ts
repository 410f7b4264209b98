// What was written and has not arrived yet. Each is said under an id of its own, so that it is sent once however often
// it is tried; and one after the other, so that they arrive in the order in which they were written.
import { useCallback, useRef, useState } from "react";

import { api, Problem, unwrap } from "../api/client";
import type { components } from "../api/schema";
import { holderIn } from "./useStanding";

type Given = components["schemas"]["MessageGiven"];

export interface Unsaid {
  id: string;
  text: string;
  what: Omit<Given, "id" | "confirmed">;
  state: "sending" | "failed";
  why: string | null;
  /** The colleague who has the conversation. */
  holder: string | null;
}

export interface Saying {
  unsaid: readonly Unsaid[];
  say: (text: string, what: Unsaid["what"]) => void;
  again: (id: string, confirmed?: boolean) => void;
  drop: (id: string) => void;
}

export function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((id, part) => id + part.toString(36), "m-");
}

/** `onSaid`: read the thread anew; what was said is shown here until then. */
export function useSaying(id: string, onSaid: () => Promise<void>): Saying {
  const [unsaid, setUnsaid] = useState<readonly Unsaid[]>([]);
  const last = useRef<Promise<void>>(Promise.resolve());

  const drop = useCallback((gone: string) => setUnsaid((all) => all.filter((each) => each.id !== gone)), []);

  const put = useCallback(
    (one: Unsaid, confirmed: boolean) => {
      const params = { path: { conversation_id: id } };
      const body: Given = { ...one.what, id: one.id, confirmed };
      last.current = last.current
        .then(async () => unwrap(await api.POST("/api/v1/conversations/{conversation_id}/messages", { params, body })))
        .then(onSaid)
        .then(() => drop(one.id))
        .catch((error: unknown) => {
          const why = error instanceof Problem ? error.detail : (error as Error).message;
          const failed = { ...one, state: "failed" as const, why, holder: holderIn(error) };
          setUnsaid((all) => all.map((each) => (each.id === one.id ? failed : each)));
          return onSaid();
        });
    },
    [id, onSaid, drop],
  );

  const say = useCallback(
    (text: string, what: Unsaid["what"]) => {
      const one: Unsaid = { id: newId(), text, what, state: "sending", why: null, holder: null };
      setUnsaid((all) => [...all, one]);
      put(one, false);
    },
    [put],
  );

  const again = useCallback(
    (which: string, confirmed = false) => {
      const one = unsaid.find((each) => each.id === which);
      if (one === undefined) return;
      setUnsaid((all) => all.map((each) => (each.id === which ? { ...each, state: "sending", holder: null } : each)));
      put(one, confirmed);
    },
    [unsaid, put],
  );

  return { unsaid, say, again, drop };
}
