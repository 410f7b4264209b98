import type { Message } from "../api";
import { clockTime } from "../time";
import { markup } from "./markup";
import { Ticks } from "./Ticks";

import styles from "./Bubble.module.css";

interface Props {
  message: Message;
  /** The first of several in a row from the same side gets the bubble's tail. */
  first: boolean;
}

export function Bubble({ message, first }: Props) {
  const mine = message.from === "person";
  return (
    <div className={mine ? styles.rowMine : styles.row} data-first={first || undefined}>
      <div
        className={mine ? styles.mine : styles.theirs}
        data-testid={mine ? "bubble-person" : "bubble-business"}
      >
        <div className={styles.text} dir="auto">
          {markup(message.text)}
        </div>
        <div className={styles.foot}>
          <time dateTime={new Date(message.at * 1000).toISOString()}>{clockTime(message.at)}</time>
          <Ticks kind={message.ticks} />
        </div>
        {message.error !== undefined && <div className={styles.error}>{message.error}</div>}
      </div>
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
