import { useRef } from "react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { count } from "./written";

import styles from "./Editor.module.css";

interface Props {
  text: string;
  onChange: (text: string) => void;
  variables: readonly string[];
  readOnly: boolean;
  label: string;
  /** Ctrl+S, or ⌘S. */
  onSave: () => void;
}

export const LONGEST = 200_000;
const VARIABLE = /\{\{\s*([A-Za-z_][\w.]{0,80})\s*\}\}/g;

/** A text with numbered lines, in which variables are marked. The marks lie in a copy of the text behind the field. */
export function Editor({ text, onChange, variables, readOnly, label, onSave }: Props) {
  const { t, i18n } = useTranslation("bots");
  const field = useRef<HTMLTextAreaElement>(null);
  const unknown = unknownIn(text, variables);
  const insert = (name: string) => {
    const at = field.current;
    if (at === null) return;
    at.focus();
    at.setRangeText(`{{${name}}}`, at.selectionStart, at.selectionEnd, "end");
    onChange(at.value);
  };
  return (
    <>
      <div className={styles.editor}>
        <div className={styles.mirror} aria-hidden>
          {text.split("\n").map((line, index) => (
            <div key={index} className={styles.line} dir="auto">
              {marked(line, variables)}
            </div>
          ))}
        </div>
        <textarea
          ref={field}
          className={styles.text}
          dir="auto"
          aria-label={label}
          aria-describedby="prompt-says"
          value={text}
          readOnly={readOnly}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onSave();
          }}
        />
      </div>
      <div className={styles.under} id="prompt-says">
        <span>
          {t("prompt.length", { lines: text.split("\n").length, characters: count(text.length, i18n.language) })}
          {text.length > LONGEST && ` ${t("prompt.tooLong", { most: count(LONGEST, i18n.language) })}`}
        </span>
        {unknown.length > 0 && (
          <span role="status">{t("prompt.unknown", { names: unknown.map((name) => `{{${name}}}`).join(", ") })}</span>
        )}
      </div>
      {!readOnly && (
        <div className={styles.variables} role="group" aria-label={t("prompt.variables")}>
          {variables.map((name) => (
            <button key={name} type="button" className={styles.variable} onClick={() => insert(name)}>
              {`{{${name}}}`}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function marked(line: string, variables: readonly string[]): ReactNode[] {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const found of line.matchAll(VARIABLE)) {
    parts.push(line.slice(from, found.index));
    const known = variables.includes(found[1] ?? "");
    parts.push(
      <mark key={found.index} data-unknown={known ? undefined : true}>
        {found[0]}
      </mark>,
    );
    from = found.index + found[0].length;
  }
  parts.push(line.slice(from));
  return parts;
}

function unknownIn(text: string, variables: readonly string[]): string[] {
  const named = [...text.matchAll(VARIABLE)].map((found) => found[1] ?? "");
  return [...new Set(named)].filter((name) => !variables.includes(name));
}
