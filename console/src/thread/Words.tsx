import { useState } from "react";
import { useTranslation } from "react-i18next";

import { markup } from "../bubbles/markup";
import { telegram } from "./telegram";
import type { Head } from "./useThread";

import styles from "./Bubble.module.css";

export type Markup = Head["composer"]["markup"];
const LONG = 3000;
const BEGINNING = 2000;

interface Props {
  text: string;
  markup: Markup;
  /** Whether we said it: only then Telegram's tags are tags. */
  ours: boolean;
}

/** Words as the contact's phone shows them; a very long text is shown as far as somebody wants it. */
export function Words({ text, markup: marks, ours }: Props) {
  const { t } = useTranslation("thread");
  const [whole, setWhole] = useState(false);
  const long = text.length > LONG && !whole;
  const words = long ? `${text.slice(0, BEGINNING).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
  return (
    <>
      <div className={styles.text} dir="auto">
        {marks === "telegram" ? (ours ? telegram(words) : words) : marks === "whatsapp" ? markup(words) : words}
      </div>
      {long && (
        <button type="button" className={styles.whole} onClick={() => setWhole(true)}>
          {t("said.showAll")}
        </button>
      )}
    </>
  );
}
