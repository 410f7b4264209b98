import { useRef, useState } from "react";

import { api, unwrap } from "../api/client";
import type { components } from "../api/schema";

export type Kept = components["schemas"]["FileKept"];

export interface Attached {
  name: string;
  kept: Kept | null;
  problem: string | null;
}

/** One file that goes with the next message: sent up at once, so that sending is quick. */
export function useFile(id: string) {
  const [attached, setAttached] = useState<Attached | null>(null);
  const current = useRef(0);

  function attach(file: File) {
    const mine = ++current.current;
    const set = (what: Partial<Attached>) => {
      if (current.current === mine) setAttached({ name: file.name, kept: null, problem: null, ...what });
    };
    set({});
    send(id, file)
      .then((kept) => set({ kept }))
      .catch((error: unknown) => set({ problem: (error as Error).message }));
  }

  function detach() {
    current.current += 1;
    setAttached(null);
  }

  return { attached, attach, detach };
}

export async function send(id: string, file: File): Promise<Kept> {
  const params = { path: { conversation_id: id }, query: { filename: file.name.slice(-200) } };
  const headers = { "content-type": file.type || "application/octet-stream" };
  return unwrap(
    await api.POST("/api/v1/conversations/{conversation_id}/files", {
      params,
      headers,
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as string,
    }),
  );
}
