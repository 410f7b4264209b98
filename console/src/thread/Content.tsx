import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { FileIn } from "./Files";
import type { Message } from "./useThread";
import { Words } from "./Words";
import type { Markup } from "./Words";

import styles from "./Bubble.module.css";

interface Props {
  message: Message;
  markup: Markup;
  ours: boolean;
}

/** What is inside a bubble: a file, a place, cards, then words, then what can be tapped. */
export function Content({ message, markup, ours }: Props) {
  const { t } = useTranslation("thread");
  const { offered } = message;
  const empty = message.text === "" && message.file == null && message.place == null && message.cards?.length === 0;
  return (
    <>
      {message.forwarded && <div className={styles.soft}>{t("said.forwarded")}</div>}
      {message.advert != null && <Advert message={message} />}
      {message.template != null && <div className={styles.soft}>{t("said.template", { name: message.template })}</div>}
      {offered?.header != null && (
        <strong className={styles.header} dir="auto">
          {offered.header}
        </strong>
      )}
      {message.file != null && <FileIn file={message.file} message={message} />}
      {message.place != null && <Place place={message.place} />}
      {message.cards?.map((card, index) => <Card key={index} {...card} />)}
      {message.chosen != null && <div className={styles.soft}>{t("said.chosen")}</div>}
      {message.text !== "" && <Words text={message.text} markup={markup} ours={ours} />}
      {message.emoji != null && (
        <em className={styles.soft}>
          {message.emoji === "" ? t("said.unreacted") : t("said.reacted", { emoji: message.emoji })}
        </em>
      )}
      {empty && message.emoji == null && <em className={styles.soft}>{nothing(message.kind, t)}</em>}
      {offered?.footer != null && (
        <div className={styles.soft} dir="auto">
          {offered.footer}
        </div>
      )}
    </>
  );
}

function nothing(kind: string, t: ReturnType<typeof useTranslation<"thread">>["t"]): string {
  if (kind === "system" || kind === "text") return t("said.erased");
  return kind === "unsupported" ? t("said.unsupported") : t("said.nothing");
}

function Advert({ message }: { message: Message }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.tile}>
      <Icon name="bolt" size={22} />
      <span className={styles.tileWords}>
        <span>{t("said.advert")}</span>
        {message.advert?.headline && <b dir="auto">{message.advert.headline}</b>}
        {message.advert?.body && <span dir="auto">{message.advert.body}</span>}
      </span>
    </div>
  );
}

function Place({ place }: { place: NonNullable<Message["place"]> }) {
  return (
    <div className={styles.tile}>
      <Icon name="place" size={24} />
      <span className={styles.tileWords}>
        {place.name && <b dir="auto">{place.name}</b>}
        {place.address && <span dir="auto">{place.address}</span>}
        <span>
          {place.latitude.toFixed(4)}, {place.longitude.toFixed(4)}
        </span>
      </span>
    </div>
  );
}

function Card({ name, phones, emails, organization }: NonNullable<Message["cards"]>[number]) {
  return (
    <div className={styles.tile}>
      <Icon name="contact" size={24} />
      <span className={styles.tileWords}>
        <b dir="auto">{name}</b>
        {[organization, ...phones, ...emails].filter(Boolean).map((line, index) => (
          <span key={index} dir="auto">
            {line}
          </span>
        ))}
      </span>
    </div>
  );
}

/** Buttons and lists as the contact sees them; here nobody taps them. */
export function Offered({ offered }: { offered: NonNullable<Message["offered"]> }) {
  return (
    <ul className={styles.offered}>
      {offered.button !== null && (
        <li className={styles.opens}>
          <Icon name="list" size={15} /> <span dir="auto">{offered.button}</span>
        </li>
      )}
      {[...offered.buttons, ...offered.groups.flatMap(({ rows }) => rows)].map(({ title, description }, index) => (
        <li key={index}>
          <b dir="auto">{title}</b>
          {description && <span dir="auto">{description}</span>}
        </li>
      ))}
    </ul>
  );
}
