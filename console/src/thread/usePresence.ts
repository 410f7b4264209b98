// Colleagues see who has a conversation on the screen. It is said every 10 s, for the server takes it for 30.
import { useCallback, useEffect, useRef } from "react";

import { api } from "../api/client";

export type Doing = "viewing" | "typing";
const EVERY_MS = 10_000;
const TYPES_FOR_MS = 5000;

export interface Presence {
  /** Called at each key. */
  types: () => void;
  /** What was begun has been sent. */
  rests: () => void;
}

/** Say that one is there, and whether one writes. */
export function usePresence(id: string): Presence {
  const typed = useRef(0);
  const say = useRef<(doing: Doing | "gone") => void>(() => undefined);
  useEffect(() => {
    let last: Doing | "gone" = "gone";
    say.current = (doing) => {
      last = doing;
      const path = { conversation_id: id };
      const told = api.POST("/api/v1/conversations/{conversation_id}/presence", {
        params: { path },
        body: { doing },
        keepalive: true,
      });
      void told.catch(() => undefined);
    };
    const doing = (): Doing => (Date.now() - typed.current < TYPES_FOR_MS ? "typing" : "viewing");
    const beat = () => {
      if (!document.hidden) say.current(doing());
      else if (last !== "gone") say.current("gone");
    };
    beat();
    const timer = window.setInterval(beat, EVERY_MS);
    const quiet = window.setInterval(() => {
      if (last === "typing" && doing() === "viewing") beat();
    }, 1000);
    document.addEventListener("visibilitychange", beat);
    return () => {
      window.clearInterval(timer);
      window.clearInterval(quiet);
      document.removeEventListener("visibilitychange", beat);
      say.current("gone");
      say.current = () => undefined;
    };
  }, [id]);
  const types = useCallback(() => {
    const begins = Date.now() - typed.current >= TYPES_FOR_MS;
    typed.current = Date.now();
    if (begins) say.current("typing");
  }, []);
  const rests = useCallback(() => {
    if (typed.current !== 0) say.current("viewing");
    typed.current = 0;
  }, []);
  return { types, rests };
}
