// Asking a provider: the server answers with a line of JSON for each thing that it finds out.
import { useCallback, useEffect, useRef, useState } from "react";

import { api } from "../api/client";
import { at } from "./api";
import type { Draft, Given } from "./api";

/** A line: a link of the doctor's, a login's look, a stage of a test message, what a person has to do, or an error. */
export interface Line {
  link?: string;
  state?: "ok" | "broken" | "unknown" | "warning";
  detail?: string;
  mend?: string;
  status?: string;
  works?: boolean;
  qr?: string;
  code?: string;
  account?: string;
  stage?: string;
  seconds?: number;
  last?: "" | "arrived" | "failed" | "late";
  by_hand?: string[];
  error?: string;
}

type Stream = Promise<{ data?: ReadableStream<Uint8Array> | null }>;
type Ask = (signal: AbortSignal) => Stream;
const asStream = { parseAs: "stream" } as const;

export const asking = {
  checkNew: (draft: Draft): Ask => (signal) =>
    api.POST("/api/v1/channels/check", { body: draft, signal, ...asStream }) as Stream,
  check: (id: string, set: Given = {}, unset: string[] = []): Ask => (signal) =>
    api.POST("/api/v1/channels/{channel_id}/check", { ...at(id), body: { set, unset }, signal, ...asStream }) as Stream,
  connect: (id: string, url: string): Ask => (signal) =>
    api.POST("/api/v1/channels/{channel_id}/connect", { ...at(id), body: { url }, signal, ...asStream }) as Stream,
  pair: (id: string): Ask => (signal) =>
    api.POST("/api/v1/channels/{channel_id}/qr", { ...at(id), signal, ...asStream }) as Stream,
  code: (id: string, phone: string): Ask => (signal) =>
    api.POST("/api/v1/channels/{channel_id}/pairing-code", { ...at(id), body: { phone }, signal, ...asStream }) as Stream,
  test: (id: string, to: string, text: string, template: string): Ask => (signal) => {
    const body = { to, text, template, language: "en_US", values: [] };
    return api.POST("/api/v1/channels/{channel_id}/test-message", { ...at(id), body, signal, ...asStream }) as Stream;
  },
};

export interface Errand {
  lines: Line[];
  running: boolean;
  error: Error | null;
  /** Ask; resolves to all lines. What was asked before is given up. */
  run: (ask: Ask) => Promise<Line[]>;
}

/** One errand at a time; leaving the page ends it. */
export function useErrand(): Errand {
  const [lines, setLines] = useState<Line[]>([]);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const now = useRef<AbortController>(null);
  useEffect(() => () => now.current?.abort(), []);
  const run = useCallback(async (ask: Ask) => {
    now.current?.abort();
    const own = new AbortController();
    now.current = own;
    const found: Line[] = [];
    setLines([]);
    setError(null);
    setRunning(true);
    try {
      for await (const line of read(ask, own.signal)) {
        found.push(line);
        setLines([...found]);
      }
    } catch (problem) {
      if (!own.signal.aborted) setError(problem as Error);
    }
    if (now.current === own) setRunning(false);
    return found;
  }, []);
  return { lines, running, error, run };
}

async function* read(ask: Ask, signal: AbortSignal): AsyncGenerator<Line> {
  const { data } = await ask(signal);
  if (data === undefined || data === null) return;
  const reader = data.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const whole = rest.split("\n");
    rest = whole.pop() ?? "";
    for (const line of whole) {
      if (line.trim() !== "") yield JSON.parse(line) as Line;
    }
    if (done) return;
  }
}
