import { Alert, Button } from "@mantine/core";
import { useEffect, useRef } from "react";

import type { PhoneState } from "../api";
import { Bubble, TypingBubble } from "./Bubble";
import { Composer } from "./Composer";
import type { PhoneLink } from "./usePhone";
import { useWriting } from "./useWriting";

import styles from "./Phone.module.css";

/** Pixels from the end within which a new message scrolls into view. */
const NEAR_END = 320;

export function Phone({ link }: { link: PhoneLink }) {
  const writing = useWriting();
  const { state } = link;
  const name = state?.business.name ?? "…";
  return (
    <section className={styles.phone} aria-label={`Phone, chat with ${name}`}>
      <header className={styles.head}>
        <div className={styles.face} aria-hidden>
          {initials(name)}
        </div>
        <div className={styles.who}>
          <h1 className={styles.name}>{name}</h1>
          <div className={styles.presence} role="status">
            {presence(link)}
          </div>
        </div>
      </header>
      {link.away && <Away onRetry={link.retry} />}
      <Thread state={state} name={name} onWrite={writing.write} />
      {writing.unsent.length > 0 && (
        <div className={styles.unsent} role="alert">
          <span>
            {writing.unsent.length === 1 ? "A message" : `${writing.unsent.length} messages`} did
            not leave.
          </span>
          <Button size="compact-sm" variant="light" onClick={writing.again}>
            Send again
          </Button>
        </div>
      )}
      <Composer onWrite={writing.write} />
    </section>
  );
}

function presence({ state, away }: PhoneLink): string {
  if (away) return "not reachable";
  if (state?.typing) return "typing …";
  return "online";
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => Array.from(word)[0]?.toUpperCase())
    .join("");
}

function Away({ onRetry }: { onRetry: () => void }) {
  return (
    <Alert className={styles.away} color="red" radius={0} title="The server does not answer">
      This page tries again by itself.{" "}
      <Button size="compact-sm" variant="light" color="red" onClick={onRetry}>
        Try now
      </Button>
    </Alert>
  );
}

interface ThreadProps {
  state: PhoneState | undefined;
  name: string;
  onWrite: (text: string) => void;
}

function Thread({ state, name, onWrite }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const messages = state?.messages ?? [];
  const typing = state?.typing ?? false;
  const last = messages.at(-1);

  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    if (near || last?.from === "person") box.scrollTop = box.scrollHeight;
  }, [last?.id, last?.from, typing]);

  return (
    <div ref={scroller} className={styles.thread} role="log" aria-label={`Chat with ${name}`} tabIndex={0}>
      {state !== undefined && messages.length === 0 && <Empty onWrite={onWrite} />}
      <div className={styles.messages}>
        {messages.map((message, index) => (
          <Bubble
            key={message.id}
            message={message}
            first={messages[index - 1]?.from !== message.from}
          />
        ))}
        {typing && <TypingBubble name={name} />}
      </div>
    </div>
  );
}

const THREE = ["Hi!", "I have a question", "Are you open on Sunday?"];
const BETWEEN_MS = 700;

function Empty({ onWrite }: { onWrite: (text: string) => void }) {
  function writeThree() {
    THREE.forEach((text, index) => window.setTimeout(() => onWrite(text), index * BETWEEN_MS));
  }
  return (
    <div className={styles.empty} data-testid="empty">
      <p>
        <strong>Write three short messages in a row; one answer comes.</strong>
      </p>
      <p>Turnkeeper waits until you have finished, then answers all of them at once.</p>
      <Button variant="light" size="sm" onClick={writeThree} data-testid="write-three">
        Write three for me
      </Button>
    </div>
  );
}
