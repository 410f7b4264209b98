import { ActionIcon } from "@mantine/core";
import { useLayoutEffect, useRef, useState } from "react";
import type { FormEvent, KeyboardEvent } from "react";

import styles from "./Composer.module.css";

const LIMIT = 4096;
const TALLEST = 132;

/** Enter sends, Shift+Enter starts a new line; the focus stays for the next message. */
export function Composer({ onWrite }: { onWrite: (text: string) => void }) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";

  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST)}px`;
  }, [text]);

  function send(event?: FormEvent) {
    event?.preventDefault();
    field.current?.focus();
    if (empty) return;
    onWrite(text.trim());
    setText("");
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes, Enter only accepts its suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form className={styles.composer} onSubmit={send}>
      <textarea
        ref={field}
        className={styles.field}
        data-testid="composer"
        aria-label="Message"
        placeholder="Message"
        rows={1}
        maxLength={LIMIT}
        value={text}
        autoFocus
        dir="auto"
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ActionIcon
        type="submit"
        data-testid="send"
        aria-label="Send"
        size={42}
        radius="xl"
        disabled={empty}
      >
        <svg viewBox="0 0 24 24" width={20} height={20} fill="currentColor" aria-hidden>
          <path d="M3.400 20.400l17.900-7.700a.76.76 0 0 0 0-1.400L3.400 3.600a.75.75 0 0 0-1 .9L4.600 11l9.400 1-9.400 1-2.200 6.500a.75.75 0 0 0 1 .9z" />
        </svg>
      </ActionIcon>
    </form>
  );
}
