import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { Absent, EVENTS, phoneState } from "../api";
import type { PhoneState } from "../api";

const KEY = ["phone"];
const RETRY_MS = 2000;
const LOST_MS = 500;

export interface PhoneLink {
  state: PhoneState | undefined;
  /** This server has no phone. */
  absent: boolean;
  /** The server does not answer; `state` is what it last said. */
  away: boolean;
  retry: () => void;
}

/** The phone's state: asked once, then told by the event stream; asked again while it is away. */
export function usePhone(): PhoneLink {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: phoneState,
    staleTime: Infinity,
    refetchInterval: (current) => {
      const error = current.state.error;
      return error !== null && !(error instanceof Absent) ? RETRY_MS : false;
    },
  });
  const connected = query.isSuccess;
  const [streams, setStreams] = useState(0);

  useEffect(() => {
    if (!connected) return;
    let timer: number | undefined;
    const stream = new EventSource(EVENTS);
    stream.addEventListener("state", (event: MessageEvent<string>) => {
      queries.setQueryData(KEY, JSON.parse(event.data) as PhoneState);
    });
    stream.onerror = () => {
      // Ask why: a server that answers gets a new stream, one that does not is away.
      stream.close();
      timer = window.setTimeout(() => {
        void queries.refetchQueries({ queryKey: KEY }).then(() => setStreams((n) => n + 1));
      }, LOST_MS);
    };
    return () => {
      window.clearTimeout(timer);
      stream.close();
    };
  }, [connected, streams, queries]);

  return {
    state: query.data,
    absent: query.error instanceof Absent,
    away: query.isError && !(query.error instanceof Absent),
    retry: () => void query.refetch(),
  };
}
