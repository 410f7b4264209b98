import { ActionIcon } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

import { Icon } from "../icons";
import { seconds } from "../time";
import type { Recorder } from "../voice/record";

import styles from "./Composer.module.css";

interface Props {
  onEnd: () => void;
  onNote: (note: Blob) => void;
  onProblem: (problem: string) => void;
}

/** The microphone is open: a red light, the seconds, Enter sends, Esc throws away. */
export function Recording({ onEnd, onNote, onProblem }: Props) {
  const [since, setSince] = useState<number | null>(null);
  const [now, setNow] = useState(0);
  const recorder = useRef<Recorder | null>(null);
  const ended = useRef(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    ended.current = false;
    let mine: Recorder | null = null;
    void import("../voice/record")
      .then(({ record }) => record())
      .then((started) => {
        mine = started;
        if (ended.current) return started.cancel();
        recorder.current = started;
        setSince(Date.now());
        setNow(Date.now());
        box.current?.querySelector<HTMLElement>("[data-send]")?.focus();
      })
      .catch((error: unknown) => {
        if (ended.current) return;
        onProblem(error instanceof Error ? error.message : "The microphone cannot be used.");
        onEnd();
      });
    return () => {
      ended.current = true;
      if (mine !== null && recorder.current === mine) mine.cancel();
      recorder.current = null;
    };
    // The parent's functions are new at each render; a recording is begun once.
  }, []);

  useEffect(() => {
    if (since === null) return;
    const timer = window.setInterval(() => setNow(Date.now()), 250);
    return () => window.clearInterval(timer);
  }, [since]);

  function send() {
    const mine = recorder.current;
    recorder.current = null;
    if (mine === null) return;
    mine
      .stop()
      .then(({ blob }) => onNote(blob))
      .catch((error: unknown) => onProblem(error instanceof Error ? error.message : "The recording was lost."))
      .finally(onEnd);
  }

  return (
    <div
      ref={box}
      className={styles.recording}
      data-testid="recording"
      onKeyDown={(event) => {
        if (event.key === "Escape") onEnd();
      }}
    >
      <span className={styles.light} aria-hidden />
      <span className={styles.passed} role="timer" aria-label="Recording">
        {since === null ? "Asking for the microphone …" : seconds(Math.floor((now - since) / 1000))}
      </span>
      <button type="button" className={styles.round} aria-label="Throw the recording away" onClick={onEnd}>
        <Icon name="trash" />
      </button>
      <ActionIcon
        data-send
        data-testid="send-note"
        aria-label="Send the voice note"
        size={42}
        radius="xl"
        disabled={since === null}
        onClick={send}
      >
        <svg viewBox="0 0 24 24" width={20} height={20} fill="currentColor" aria-hidden>
          <path d="M3.400 20.400l17.900-7.700a.76.76 0 0 0 0-1.400L3.400 3.600a.75.75 0 0 0-1 .9L4.600 11l9.400 1-9.400 1-2.200 6.500a.75.75 0 0 0 1 .9z" />
        </svg>
      </ActionIcon>
    </div>
  );
}
