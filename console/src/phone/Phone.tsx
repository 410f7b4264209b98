import { Alert, Button } from "@mantine/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { UIEvent } from "react";

import type { Act, PhoneState } from "./api";
import { Bubble, TypingBubble } from "./Bubble";
import type { Doing } from "./doing";
import { Composer } from "./Composer";
import type { About } from "./Composer";
import type { PhoneLink } from "./usePhone";
import { useWriting } from "./useWriting";
import type { Writing } from "./useWriting";
import { WindowMenu } from "./WindowMenu";

import styles from "./Phone.module.css";

/** Pixels from the end within which somebody reads the end: new messages scroll into view. */
const NEAR_END = 120;

export function Phone({ link }: { link: PhoneLink }) {
  const { state } = link;
  const person = state?.person.id ?? null;
  const writing = useWriting(person);
  const [about, setAbout] = useState<About | null>(null);
  const name = state?.business.name ?? "…";
  const own = state?.person.name ?? "You";
  const { write, setProblem } = writing;
  // What was to be answered is another person's.
  useEffect(() => setAbout(null), [person]);
  const doing = useMemo<Doing>(
    () => ({
      names: { business: name, person: own },
      write,
      reply: (message) => setAbout({ how: "reply", message }),
      edit: (message) => setAbout({ how: "edit", message }),
    }),
    [name, own, write],
  );
  return (
    <section className={styles.phone} aria-label={`Phone of ${own}, chat with ${name}`}>
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
        {state !== undefined && state.window.closes_at !== Infinity && <WindowMenu state={state} onProblem={setProblem} />}
      </header>
      {link.away && <Away onRetry={link.retry} />}
      <Thread key={person} state={state} name={name} doing={doing} />
      <Trouble writing={writing} />
      <Composer about={about} onAbout={setAbout} onWrite={write} onProblem={setProblem} />
    </section>
  );
}

function presence({ state, away }: PhoneLink): string {
  if (away) return "not reachable";
  if (state?.typing) return "typing …";
  return "online";
}

export function initials(name: string): string {
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

/** What did not leave, and what cannot. */
function Trouble({ writing: { unsent, again, problem, setProblem } }: { writing: Writing }) {
  return (
    <>
      {unsent.length > 0 && (
        <div className={styles.unsent} role="alert">
          <span>{unsent.length === 1 ? "A message" : `${unsent.length} messages`} did not leave.</span>
          <Button size="compact-sm" variant="light" onClick={again}>
            Send again
          </Button>
        </div>
      )}
      {problem !== null && (
        <div className={styles.unsent} role="alert" data-testid="problem">
          <span>{problem}</span>
          <Button size="compact-sm" variant="light" onClick={() => setProblem(null)}>
            Close
          </Button>
        </div>
      )}
    </>
  );
}

interface ThreadProps {
  state: PhoneState | undefined;
  name: string;
  doing: Doing;
}

function Thread({ state, name, doing }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const messages = state?.messages ?? [];
  const typing = state?.typing ?? false;
  const last = messages.at(-1);
  const atEnd = useRef(true);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);

  useEffect(() => {
    const box = scroller.current;
    if (box !== null && (atEnd.current || last?.from === "person")) box.scrollTop = box.scrollHeight;
  }, [last?.id, last?.from, typing]);

  // Whoever reads the end goes on reading it when the keyboard comes, or a picture.
  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    for (const child of box.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);

  function onScroll({ currentTarget: box }: UIEvent<HTMLDivElement>) {
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  }

  return (
    <div
      ref={scroller}
      className={styles.thread}
      role="log"
      aria-label={`Chat with ${name}`}
      tabIndex={0}
      onScroll={onScroll}
    >
      {state !== undefined && messages.length === 0 && <Empty onWrite={doing.write} />}
      <div className={styles.messages}>
        {messages.map((message, index) => (
          <Bubble
            key={message.id}
            message={message}
            quoted={message.quote === undefined ? undefined : byId.get(message.quote)}
            first={messages[index - 1]?.from !== message.from}
            doing={doing}
          />
        ))}
        {typing && <TypingBubble name={name} />}
      </div>
    </div>
  );
}

const THREE = ["Hi!", "I have a question", "Are you open on Sunday?"];
const BETWEEN_MS = 700;

function Empty({ onWrite }: { onWrite: (what: Act) => void }) {
  const writeThree = useCallback(() => {
    THREE.forEach((text, index) => window.setTimeout(() => onWrite({ kind: "text", text }), index * BETWEEN_MS));
  }, [onWrite]);
  return (
    <div className={styles.empty} data-testid="empty">
      <p>
        <strong>Write three short messages in a row; one answer comes.</strong>
      </p>
      <p>Turnkeeper waits until you have finished, then answers all of them at once.</p>
      <div className={styles.starts}>
        <Button variant="light" size="sm" onClick={writeThree} data-testid="write-three">
          Write three for me
        </Button>
        <Button variant="subtle" size="sm" onClick={() => onWrite({ kind: "text", text: "help" })}>
          What else can it do?
        </Button>
      </div>
    </div>
  );
}
