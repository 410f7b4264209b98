import { ActionIcon, Button, Textarea, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { ClipboardEvent, KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

import { api } from "../api/client";
import { Icon } from "../icons";
import { span, useNow } from "../inbox/times";
import { useShortcut } from "../shell/shortcuts";
import type { Canned } from "./useCanned";
import { useCanned } from "./useCanned";
import { useFile } from "./useFile";
import type { Presence } from "./usePresence";
import { newId } from "./useSaying";
import type { Saying } from "./useSaying";
import type { Entry, Head } from "./useThread";

import styles from "./Composer.module.css";

const TemplatePicker = lazy(() => import("./TemplatePicker"));
const CannedDialog = lazy(() => import("./CannedDialog"));
const SOON = 3600;
const LONGEST = 20_000;

interface Props {
  head: Head;
  saying: Saying;
  answered: Entry | null;
  onAnswered: (entry: Entry | null) => void;
  presence: Presence;
  onChange: () => void;
}

/** Words, a file, a template, or a note. Enter sends, Shift and Enter begin a new line. */
export function Composer({ head, saying, answered, onAnswered, presence, onChange }: Props) {
  const { t } = useTranslation("thread");
  const [text, setText] = useDraft(head.id);
  const [noting, setNoting] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [templates, setTemplates] = useState(false);
  const [managing, setManaging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const file = useFile(head.id);
  const canned = useCanned(noting ? "" : text);
  const now = useNow();
  const small = useMediaQuery("(max-width: 500px)", false, { getInitialValueInEffect: false });
  const { window: open, text_limit: limit } = head.composer;
  const closed = open.limited && (!open.open || (open.closes_at !== null && open.closes_at <= now));
  const blocked = !noting && (closed || !head.composer.reachable);
  useShortcut("r", t("keys.write"), () => write(false));
  useShortcut("n", t("keys.note"), () => write(true));
  useEffect(() => {
    if (answered !== null) field.current?.focus();
  }, [answered]);

  function write(note: boolean) {
    setNoting(note);
    field.current?.focus();
  }

  async function keepNote() {
    const body = { id: newId(), text: text.trim() };
    try {
      await api.POST("/api/v1/conversations/{conversation_id}/notes", {
        params: { path: { conversation_id: head.id } },
        body,
      });
      setText("");
      setNoting(false);
    } catch (error) {
      setProblem((error as Error).message);
    }
    onChange();
  }

  function send() {
    setProblem(null);
    if (noting) {
      if (text.trim() !== "") void keepNote();
      return;
    }
    const kept = file.attached?.kept ?? null;
    if (blocked || (file.attached !== null && kept === null) || (text.trim() === "" && kept === null)) return;
    const quoted = answered === null ? {} : { reply_to: answered.id };
    const sound = kept !== null && kept.kind === "audio";
    if (kept !== null) {
      saying.say(sound ? kept.filename : text || kept.filename, {
        text: sound ? "" : text,
        file: { key: kept.key, voice: false },
        ...quoted,
      });
    }
    if (kept === null || (sound && text.trim() !== "")) saying.say(text, { text, ...(kept === null && quoted) });
    setText("");
    presence.rests();
    file.detach();
    onAnswered(null);
  }

  function choose(reply: Canned) {
    setText(reply.text);
    field.current?.focus();
  }

  const keys = useListKeys(canned, choose, send, () => setText(""));
  const parts = limit > 0 ? Math.ceil(text.length / limit) : 1;
  return (
    <form
      className={styles.composer}
      data-note={noting || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [dropped] = event.dataTransfer.files;
        if (dropped !== undefined) file.attach(dropped);
      }}
    >
      {canned !== null && <Ready canned={canned} at={keys.at} onChoose={choose} onManage={() => setManaging(true)} />}
      {answered !== null && <Answered entry={answered} onDrop={() => onAnswered(null)} />}
      {file.attached !== null && <AttachedFile file={file} />}
      {problem !== null && (
        <div className={styles.problem} role="alert">
          {problem}
        </div>
      )}
      {blocked ? (
        <Closed head={head} onTemplates={() => setTemplates(true)} onNote={() => write(true)} />
      ) : (
        <div className={styles.row}>
          <Tools
            head={head}
            noting={noting}
            onFile={file.attach}
            onTemplates={() => setTemplates(true)}
            onNoting={() => write(!noting)}
          />
          <Textarea
            ref={field}
            className={styles.field}
            aria-label={noting ? t("composer.note") : t("composer.label")}
            placeholder={t(noting ? "composer.note" : small ? "composer.label" : "composer.hint")}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              if (!noting && event.currentTarget.value !== "") presence.types();
            }}
            onKeyDown={keys.onKeyDown}
            onPaste={(event: ClipboardEvent) => {
              const [pasted] = event.clipboardData.files;
              if (pasted === undefined || noting) return;
              event.preventDefault();
              file.attach(pasted);
            }}
            maxLength={noting ? LONGEST / 2 : LONGEST}
            autosize
            minRows={1}
            maxRows={8}
            dir="auto"
            {...(canned !== null && { "aria-controls": "canned", "aria-expanded": true, role: "combobox" })}
          />
          <Button type="submit" className={styles.send} disabled={text.trim() === "" && file.attached?.kept == null}>
            {t(noting ? "composer.keep" : "composer.send")}
          </Button>
        </div>
      )}
      <Hints head={head} noting={noting} closed={closed} parts={parts} now={now} />
      <Suspense>
        {templates && <TemplatePicker head={head} saying={saying} onClose={() => setTemplates(false)} />}
        {managing && <CannedDialog onClose={() => setManaging(false)} />}
      </Suspense>
    </form>
  );
}

/** What was begun is there again after a look elsewhere. */
function useDraft(id: string): [string, (text: string) => void] {
  const key = `turnkeeper-draft-${id}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  return [
    text,
    (words) => {
      setText(words);
      if (words === "") sessionStorage.removeItem(key);
      else sessionStorage.setItem(key, words);
    },
  ];
}

function useListKeys(canned: readonly Canned[] | null, choose: (one: Canned) => void, send: () => void, clear: () => void) {
  const [at, setAt] = useState(0);
  const count = canned?.length ?? 0;
  const place = count === 0 ? 0 : Math.min(at, count - 1);
  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    const one = canned?.[place];
    if (one !== undefined && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      setAt((place + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (one !== undefined && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey) {
      choose(one);
      setAt(0);
    } else if (canned !== null && event.key === "Escape") {
      clear();
    } else if (event.key === "Enter" && !event.shiftKey) {
      send();
    } else {
      return;
    }
    event.preventDefault();
  }
  return { at: place, onKeyDown };
}

interface ReadyProps {
  canned: readonly Canned[];
  at: number;
  onChoose: (one: Canned) => void;
  onManage: () => void;
}

function Ready({ canned, at, onChoose, onManage }: ReadyProps) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.ready}>
      <div id="canned" role="listbox" aria-label={t("composer.ready")}>
      {canned.length === 0 && <div className={styles.soft}>{t("composer.noReady")}</div>}
      {canned.map((one, index) => (
        <UnstyledButton
          key={one.id}
          role="option"
          aria-selected={index === at}
          className={styles.option}
          onClick={() => onChoose(one)}
        >
          <b>/{one.shortcut}</b>
          {one.language !== "" && <i>{one.language}</i>}
          <span dir="auto">{one.text}</span>
        </UnstyledButton>
      ))}
      </div>
      <Button size="compact-sm" variant="subtle" onClick={onManage}>
        {t("ready.manage")}
      </Button>
    </div>
  );
}

function Answered({ entry, onDrop }: { entry: Entry; onDrop: () => void }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.above}>
      <span>
        <b>{t("composer.answering", { who: t(`who.${entry.who}`) })}</b>
        <span dir="auto">{entry.message?.text || entry.message?.kind}</span>
      </span>
      <ActionIcon variant="subtle" color="gray" aria-label={t("composer.notAnswering")} onClick={onDrop}>
        <Icon name="close" size={16} />
      </ActionIcon>
    </div>
  );
}

function AttachedFile({ file: { attached, detach } }: { file: ReturnType<typeof useFile> }) {
  const { t } = useTranslation("thread");
  if (attached === null) return null;
  const pending = attached.kept === null && attached.problem === null;
  return (
    <div className={styles.above} role="status">
      <span>
        <b dir="auto">{attached.name}</b>
        {pending && <span>{t("composer.uploading", { name: "" })}</span>}
        {attached.problem !== null && <span className={styles.problem}>{attached.problem}</span>}
      </span>
      <ActionIcon variant="subtle" color="gray" aria-label={t("composer.detach")} onClick={detach}>
        <Icon name="close" size={16} />
      </ActionIcon>
    </div>
  );
}

interface ToolsProps {
  head: Head;
  noting: boolean;
  onFile: (file: File) => void;
  onTemplates: () => void;
  onNoting: () => void;
}

function Tools({ head, noting, onFile, onTemplates, onNoting }: ToolsProps) {
  const { t } = useTranslation("thread");
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.tools}>
      <ActionIcon
        variant={noting ? "filled" : "subtle"}
        color={noting ? "yellow" : "gray"}
        size="lg"
        aria-pressed={noting}
        aria-label={t("composer.toNote")}
        title={t(noting ? "composer.toMessage" : "composer.toNote")}
        onClick={onNoting}
      >
        <Icon name="edit" />
      </ActionIcon>
      {!noting && head.composer.files.length > 0 && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("composer.attach")}
          title={t("composer.attach")}
          onClick={() => picker.current?.click()}
        >
          <Icon name="attach" />
        </ActionIcon>
      )}
      {!noting && head.composer.templates && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("composer.template")}
          title={t("composer.template")}
          onClick={onTemplates}
        >
          <Icon name="document" />
        </ActionIcon>
      )}
      <input
        ref={picker}
        type="file"
        hidden
        aria-label={t("composer.attach")}
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          if (chosen !== undefined) onFile(chosen);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

function Closed({ head, onTemplates, onNote }: { head: Head; onTemplates: () => void; onNote: () => void }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.closed}>
      <span>{t(head.composer.reachable ? "composer.closed" : "composer.unreachable")}</span>
      {head.composer.reachable && head.composer.templates && (
        <Button size="compact-sm" onClick={onTemplates}>
          {t("composer.closedOpen")}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={onNote}>
        {t("composer.toNote")}
      </Button>
    </div>
  );
}

interface HintsProps {
  head: Head;
  noting: boolean;
  closed: boolean;
  parts: number;
  now: number;
}

/** One line that is always there, so that nothing jumps when it says something. */
function Hints({ head, noting, closed, parts, now }: HintsProps) {
  const { t, i18n } = useTranslation("thread");
  const left = (head.composer.window.closes_at ?? Infinity) - now;
  const hints = [
    noting && t("note.only"),
    !noting && head.opted_out && t("composer.optedOut"),
    !noting && parts > 1 && t("composer.parts", { count: parts }),
    !noting && !closed && left < SOON * 3 && t("composer.closes", { span: span(left, i18n.language) }),
  ];
  return (
    <div className={styles.hints} role="status">
      {hints.filter(Boolean).join(" · ")}
    </div>
  );
}
