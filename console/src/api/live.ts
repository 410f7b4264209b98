// The one event stream of this page. It goes on after the last event that it had; a hidden page lets go of it,
// since a browser holds six connections to a server and a tab left open must not keep one for good.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

import { queries } from "./queries";

export type Standing = "off" | "open" | "reconnecting";
type Handler = (data: unknown) => void;

const ADDRESS = "/api/v1/live";
const HIDDEN_FOR_MS = 20_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** The server says `beat` every 15 s; a stream that is silent for so long is dead, whatever the socket says. */
const SILENT_FOR_MS = 45_000;

class Live {
  private workspace: string | null = null;
  private stream: EventSource | null = null;
  private after: string | null = null;
  private wait = FIRST_WAIT_MS;
  private timer: number | undefined;
  private silence: number | undefined;
  private hiding: number | undefined;
  private standing: Standing = "off";
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly watching = new Set<() => void>();

  constructor() {
    document.addEventListener("visibilitychange", () => this.onVisibility());
    window.addEventListener("online", () => this.reopen(0));
  }

  /** Follow a workspace; null: none. */
  follow(workspace: string | null): void {
    if (workspace === this.workspace) return;
    this.workspace = workspace;
    this.after = null;
    this.close();
    this.stand("off");
    if (workspace !== null) this.open();
  }

  on(kind: string, handler: Handler): () => void {
    let same = this.handlers.get(kind);
    if (same === undefined) {
      same = new Set();
      this.handlers.set(kind, same);
      this.stream?.addEventListener(kind, this.heard);
    }
    same.add(handler);
    return () => same.delete(handler);
  }

  current = (): Standing => this.standing;

  watch = (tell: () => void): (() => void) => {
    this.watching.add(tell);
    return () => this.watching.delete(tell);
  };

  private open(): void {
    const asked = new URLSearchParams({ workspace: this.workspace ?? "" });
    // By hand, too: a stream of ours that was closed cannot send Last-Event-ID when it is opened again.
    if (this.after !== null) asked.set("after", this.after);
    const stream = new EventSource(`${ADDRESS}?${asked}`);
    this.stream = stream;
    stream.onopen = () => {
      this.wait = FIRST_WAIT_MS;
      this.stand("open");
      this.listen();
      // Nothing tells from where on to be told: what was read before may be old by now.
      if (this.after === null) this.tell("reset", null);
    };
    stream.onerror = () => {
      this.stand("reconnecting");
      // The server answered, and with no stream: perhaps nobody is signed in any more.
      if (stream.readyState === EventSource.CLOSED) void queries.invalidateQueries({ queryKey: ["me"] });
      this.reopen(this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
    // The first event says where the workspace stands: what happens from there on is asked for after a break.
    for (const kind of ["hello", "beat"]) stream.addEventListener(kind, this.heard);
    for (const kind of this.handlers.keys()) stream.addEventListener(kind, this.heard);
  }

  private heard = (event: MessageEvent<string>): void => {
    this.listen();
    if (event.lastEventId) this.after = event.lastEventId;
    const data: unknown = event.data ? JSON.parse(event.data) : null;
    this.tell(event.type, data);
  };

  private tell(kind: string, data: unknown): void {
    for (const handler of this.handlers.get(kind) ?? []) handler(data);
  }

  private listen(): void {
    window.clearTimeout(this.silence);
    this.silence = window.setTimeout(() => {
      this.stand("reconnecting");
      this.reopen(0);
    }, SILENT_FOR_MS);
  }

  private reopen(wait: number): void {
    this.close();
    if (this.workspace === null || document.hidden) return;
    this.timer = window.setTimeout(() => this.open(), wait);
  }

  private close(): void {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.silence);
    this.stream?.close();
    this.stream = null;
  }

  private onVisibility(): void {
    window.clearTimeout(this.hiding);
    if (document.hidden) this.hiding = window.setTimeout(() => this.close(), HIDDEN_FOR_MS);
    else if (this.stream === null) this.reopen(0);
  }

  private stand(standing: Standing): void {
    if (standing === this.standing) return;
    this.standing = standing;
    for (const tell of this.watching) tell();
  }
}

export const live = new Live();

/** Do something at each event of a kind, for as long as the component is shown. */
export function useLive(kind: string, handler: Handler): void {
  const heard = useEffectEvent(handler);
  useEffect(() => live.on(kind, (data) => heard(data)), [kind]);
}

export function useStanding(): Standing {
  return useSyncExternalStore(live.watch, live.current);
}
