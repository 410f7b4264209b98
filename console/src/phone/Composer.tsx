import { ActionIcon } from "@mantine/core";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ClipboardEvent, FormEvent, KeyboardEvent } from "react";

import type { Act, Message } from "./api";
import { Icon } from "../icons";
import { Attach } from "./Attach";
import { inOneLine } from "./inOneLine";
import { Recording } from "./Recording";
import { useFiles } from "./useFiles";

import styles from "./Composer.module.css";

const LIMIT = 4096;
const TALLEST = 132;

/** What the next text does: answers a message, or changes one. */
export interface About {
  how: "reply" | "edit";
  message: Message;
}

interface Props {
  about: About | null;
  onAbout: (about: About | null) => void;
  onWrite: (what: Act) => void;
  onProblem: (problem: string) => void;
}

/** Enter sends, Shift+Enter starts a new line, Esc drops what is answered; the focus stays for the next message. */
export function Composer({ about, onAbout, onWrite, onProblem }: Props) {
  const [text, setText] = useState("");
  const [recording, setRecording] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const empty = text.trim() === "";
  const quote = about?.how === "reply" ? { quote: about.message.id } : {};

  function write(what: Act) {
    onWrite({ ...what, ...quote });
    onAbout(null);
    field.current?.focus();
  }
  const files = useFiles(write, onProblem);

  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST)}px`;
  }, [text]);

  useEffect(() => {
    if (about === null) return;
    if (about.how === "edit") setText(about.message.text);
    field.current?.focus();
  }, [about]);

  function send(event?: FormEvent) {
    event?.preventDefault();
    field.current?.focus();
    if (empty) return;
    const said = text.trim();
    if (about?.how === "edit") onWrite({ kind: "edit", to: about.message.id, text: said });
    else onWrite({ kind: "text", text: said, ...quote });
    onAbout(null);
    setText("");
  }

  function drop() {
    if (about?.how === "edit") setText("");
    onAbout(null);
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape" && about !== null) drop();
    // While an input method composes, Enter only accepts its suggestion.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  }

  function onPaste(event: ClipboardEvent) {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    files.send(event.clipboardData.files);
  }

  return (
    <div className={styles.composer}>
      {about !== null && <AboutBar about={about} onDrop={drop} />}
      {recording ? (
        <Recording
          onEnd={() => {
            setRecording(false);
            window.setTimeout(() => field.current?.focus());
          }}
          onNote={files.sendNote}
          onProblem={onProblem}
        />
      ) : (
        // What can be attached has forms of its own: they are not inside this one.
        <div className={styles.line}>
          <Attach files={files} onWrite={write} onProblem={onProblem} />
          <form className={styles.words} onSubmit={send}>
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
              onPaste={onPaste}
            />
            {empty ? (
              <ActionIcon
                data-testid="record"
                aria-label="Record a voice note"
                title="Record a voice note"
                size={42}
                radius="xl"
                onClick={() => setRecording(true)}
              >
                <Icon name="mic" />
              </ActionIcon>
            ) : (
              <ActionIcon type="submit" data-testid="send" aria-label="Send" size={42} radius="xl">
                <svg viewBox="0 0 24 24" width={20} height={20} fill="currentColor" aria-hidden>
                  <path d="M3.400 20.400l17.900-7.700a.76.76 0 0 0 0-1.400L3.400 3.600a.75.75 0 0 0-1 .9L4.600 11l9.400 1-9.400 1-2.200 6.500a.75.75 0 0 0 1 .9z" />
                </svg>
              </ActionIcon>
            )}
          </form>
        </div>
      )}
    </div>
  );
}

function AboutBar({ about, onDrop }: { about: About; onDrop: () => void }) {
  return (
    <div className={styles.about} data-testid="about">
      <b>{about.how === "edit" ? "Edit" : "Reply to"}</b>
      <span dir="auto">{inOneLine(about.message)}</span>
      <button type="button" aria-label={about.how === "edit" ? "Do not edit" : "Do not quote"} onClick={onDrop}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
