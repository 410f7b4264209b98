import { memo } from "react";
import type { MouseEvent } from "react";

import type { Message } from "./api";
import { clockTime } from "../time";
import { BubbleMenu } from "./BubbleMenu";
import { Content, Tappable } from "./Content";
import type { Doing } from "./doing";
import { inOneLine } from "./inOneLine";
import { Ticks } from "../bubbles/Ticks";

import styles from "./Bubble.module.css";

interface Props {
  message: Message;
  /** What it answers, as far back as the page knows. */
  quoted: Message | undefined;
  /** The first of several in a row from the same side gets the bubble's tail. */
  first: boolean;
  doing: Doing;
}

export const Bubble = memo(function Bubble({ message, quoted, first, doing }: Props) {
  const mine = message.from === "person";
  const bare = message.kind === "sticker";
  return (
    <div className={mine ? styles.rowMine : styles.row} data-first={first || undefined} id={message.id}>
      <div className={styles.side}>
        <div
          className={mine ? styles.mine : styles.theirs}
          data-testid={mine ? "bubble-person" : "bubble-business"}
          data-kind={message.kind}
          data-bare={bare || undefined}
        >
          {message.by_owner && <div className={styles.owner}>from the business’s phone</div>}
          {message.quote !== undefined && <Quote quoted={quoted} names={doing.names} />}
          <Content message={message} />
          <div className={styles.foot}>
            {message.edited && <span data-testid="edited">edited</span>}
            <time dateTime={new Date(message.at * 1000).toISOString()}>{clockTime(message.at)}</time>
            {!message.by_owner && <Ticks kind={message.ticks} />}
          </div>
          <Tappable message={message} doing={doing} />
          {message.error !== undefined && <div className={styles.error}>{message.error}</div>}
        </div>
        <Reactions message={message} />
      </div>
      {message.kind !== "deleted" && <BubbleMenu message={message} doing={doing} />}
    </div>
  );
});

function Quote({ quoted, names }: { quoted: Message | undefined; names: Doing["names"] }) {
  return (
    <a className={styles.quote} data-testid="quote" href={quoted && `#${quoted.id}`} onClick={jump}>
      <b>{quoted === undefined ? "Quoted" : names[quoted.from]}</b>
      <span dir="auto">{quoted === undefined ? "a message from before" : inOneLine(quoted)}</span>
    </a>
  );
}

/** Show the quoted message without touching the address. */
function jump(event: MouseEvent<HTMLAnchorElement>) {
  event.preventDefault();
  const id = event.currentTarget.getAttribute("href")?.slice(1);
  if (id !== undefined) document.getElementById(id)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

function Reactions({ message }: { message: Message }) {
  const all = message.reactions ?? [];
  if (all.length === 0) return null;
  const told = all.map(({ from, emoji }) => `${emoji} from the ${from}`).join(", ");
  return (
    <div className={styles.reactions} data-testid="reactions" role="img" aria-label={told} title={told}>
      {all.map(({ from, emoji }) => (
        <span key={from} aria-hidden>
          {emoji}
        </span>
      ))}
    </div>
  );
}

/** Three dots: the business is writing. */
export function TypingBubble({ name }: { name: string }) {
  return (
    <div className={styles.row} data-first>
      <div className={styles.theirs} data-testid="typing" aria-label={`${name} is typing`}>
        <span className={styles.dots} aria-hidden>
          <i />
          <i />
          <i />
        </span>
      </div>
    </div>
  );
}

