import { useState } from "react";

import type { Choice, Message } from "./api";
import { Icon } from "../icons";
import { Dialog } from "../parts/Dialog";
import type { Doing } from "./doing";
import { FileContent, HeaderFile } from "./FileContent";
import { markup } from "../bubbles/markup";
import { telegram } from "../thread/telegram";

import styles from "./Content.module.css";

interface Props {
  message: Message;
  doing: Doing;
}

/** What is inside a bubble: a file, a place, cards, then words. */
export function Content({ message }: { message: Message }) {
  if (message.kind === "deleted") return <em className={styles.gone}>This message was deleted</em>;
  return (
    <>
      {message.header_file !== undefined && <HeaderFile file={message.header_file} />}
      {message.header && (
        <strong className={styles.header} dir="auto">
          {message.header}
        </strong>
      )}
      {message.file !== undefined && <FileContent kind={message.kind} file={message.file} />}
      {message.location !== undefined && <Place message={message} />}
      {message.cards?.map((card, index) => <Card key={index} {...card} />)}
      {message.template !== undefined && <Template message={message} />}
      {message.text !== "" && (
        <div className={styles.text} dir="auto">
          {wordsOf(message)}
        </div>
      )}
      {message.footer && (
        <div className={styles.footer} dir="auto">
          {message.footer}
        </div>
      )}
    </>
  );
}

/** As a phone shows it: what people write on Telegram has no marks, and plain channels have none at all. */
function wordsOf({ markup: marks = "whatsapp", from, text }: Message) {
  if (marks === "whatsapp") return markup(text);
  return marks === "telegram" && from === "business" ? telegram(text) : text;
}

function Place({ message }: { message: Message }) {
  const { latitude = 0, longitude = 0, name, address } = message.location ?? {};
  return (
    <div className={styles.tile}>
      <span className={styles.sign}>
        <Icon name="place" size={24} />
      </span>
      <span className={styles.said}>
        {name && <b dir="auto">{name}</b>}
        {address && <span dir="auto">{address}</span>}
        <span>
          {latitude.toFixed(4)}, {longitude.toFixed(4)}
        </span>
      </span>
    </div>
  );
}

function Card({ name, lines }: { name: string; lines: string[] }) {
  return (
    <div className={styles.tile}>
      <span className={styles.sign}>
        <Icon name="contact" size={24} />
      </span>
      <span className={styles.said}>
        <b dir="auto">{name}</b>
        {lines.map((line) => (
          <span key={line}>{line}</span>
        ))}
      </span>
    </div>
  );
}

/** The approved text around the parameters is Meta's; the page shows what was filled in. */
function Template({ message }: { message: Message }) {
  const known = message.text !== `[template ${message.template}]`;
  return (
    <div className={styles.template}>
      Template <b>{message.template}</b> ({message.language})
      {!known && message.parameters?.map((value, index) => <span key={index}>{value}</span>)}
    </div>
  );
}

/** Buttons, a list, a link: below the words and the time. */
export function Tappable({ message, doing }: Props) {
  const [open, setOpen] = useState(false);
  const choose = ({ id, title }: Choice) => doing.write({ kind: "choice", to: message.id, id, title });
  if (message.kind === "list") {
    return (
      <div className={styles.actions}>
        <button type="button" onClick={() => setOpen(true)} aria-haspopup="dialog">
          <Icon name="list" size={17} />
          {message.button || "Choose"}
        </button>
        {open && <Rows message={message} onClose={() => setOpen(false)} onChoose={choose} />}
      </div>
    );
  }
  if (message.link !== undefined) {
    return (
      <div className={styles.actions}>
        <a href={message.link.url} target="_blank" rel="noreferrer noopener" title={message.link.url}>
          <Icon name="open" size={17} />
          {message.link.display_text}
        </a>
      </div>
    );
  }
  if (message.kind === "location_request") {
    return (
      <div className={styles.actions}>
        <button type="button" onClick={() => doing.write({ ...HERE, kind: "location", quote: message.id })}>
          <Icon name="place" size={17} />
          Send location
        </button>
      </div>
    );
  }
  if (message.from === "person" || !message.choices?.length) return null;
  return (
    <div className={styles.actions}>
      {message.choices.map((choice) => (
        <button key={choice.id} type="button" dir="auto" onClick={() => choose(choice)}>
          {choice.title}
        </button>
      ))}
    </div>
  );
}

/** A place that everybody may know: nobody's own position leaves this page. */
export const HERE = { latitude: 48.8584, longitude: 2.2945, name: "Eiffel Tower", address: "Champ de Mars, Paris" };

interface RowsProps {
  message: Message;
  onClose: () => void;
  onChoose: (row: Choice) => void;
}

function Rows({ message, onClose, onChoose }: RowsProps) {
  return (
    <Dialog title={message.button || "Choose"} onClose={onClose}>
      {message.sections?.map((section, index) => (
        <div key={index} className={styles.section} role="group" aria-label={section.title || undefined}>
          {section.title && <h3 dir="auto">{section.title}</h3>}
          {section.rows.map((row) => (
            <button
              key={row.id}
              type="button"
              className={styles.choice}
              onClick={() => {
                onClose();
                onChoose(row);
              }}
            >
              <b dir="auto">{row.title}</b>
              {row.description && <span dir="auto">{row.description}</span>}
            </button>
          ))}
        </div>
      ))}
    </Dialog>
  );
}

