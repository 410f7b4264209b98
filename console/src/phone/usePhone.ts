import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Absent, eventsOf, phoneState } from "./api";
import type { PhoneState } from "./api";

const RETRY_MS = 2000;
const LOST_MS = 500;

export interface PhoneLink {
  state: PhoneState | undefined;
  /** This server has no phone. */
  absent: boolean;
  /** The server does not answer; `state` is what it last said. */
  away: boolean;
  retry: () => void;
  /** Take up the phone of another person. */
  select: (person: string) => void;
}

/** One phone's state: asked once, then told by the event stream; asked again while it is away. */
export function usePhone(): PhoneLink {
  const queries = useQueryClient();
  const [person, select] = useState<string | null>(null);
  const query = useQuery({
    queryKey: ["phone", person],
    queryFn: () => stateOrFirst(person, () => select(null)),
    staleTime: Infinity,
    placeholderData: (before: PhoneState | undefined) => taken(before, person),
    refetchInterval: (current) => {
      const error = current.state.error;
      return error !== null && !(error instanceof Absent) ? RETRY_MS : false;
    },
  });
  const connected = query.isSuccess && !query.isPlaceholderData;
  const [streams, setStreams] = useState(0);

  useEffect(() => {
    if (!connected) return;
    const key = ["phone", person];
    let timer: number | undefined;
    const stream = new EventSource(eventsOf(person));
    stream.addEventListener("state", (event: MessageEvent<string>) => {
      queries.setQueryData(key, JSON.parse(event.data) as PhoneState);
    });
    stream.onerror = () => {
      // Ask why: a server that answers gets a new stream, one that does not is away.
      stream.close();
      timer = window.setTimeout(() => {
        void queries.refetchQueries({ queryKey: key }).then(() => setStreams((n) => n + 1));
      }, LOST_MS);
    };
    return () => {
      window.clearTimeout(timer);
      stream.close();
    };
  }, [connected, streams, queries, person]);

  return {
    state: query.data,
    absent: query.error instanceof Absent,
    away: query.isError && !(query.error instanceof Absent),
    retry: () => void query.refetch(),
    select,
  };
}

/** A server that was started anew does not know whom the page had added. */
async function stateOrFirst(person: string | null, forget: () => void): Promise<PhoneState> {
  try {
    return await phoneState(person);
  } catch (error) {
    if (!(error instanceof Absent) || person === null) throw error;
    forget();
    return phoneState(null);
  }
}

/** While another phone is taken up: its owner is known, its thread not yet. */
function taken(before: PhoneState | undefined, person: string | null): PhoneState | undefined {
  const next = before?.people.find(({ id }) => id === person);
  if (before === undefined || next === undefined) return undefined;
  return { ...before, person: next, messages: [], typing: false };
}
