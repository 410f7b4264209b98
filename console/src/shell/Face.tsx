import { Icon } from "../icons";

import styles from "./Face.module.css";

/** The first letters of a name in a circle; always the same colour for the same name. */
export function Face({ name, size = 34, square = false }: { name: string; size?: number; square?: boolean }) {
  const letters = initials(name);
  return (
    <span
      className={styles.face}
      data-hue={hueOf(name)}
      data-square={square || undefined}
      style={{ width: size, height: size, fontSize: size * 0.38 }}
      data-letters={letters}
      aria-hidden
    >
      {!letters && <Icon name="contact" size={Math.round(size * 0.52)} />}
    </span>
  );
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => Array.from(word)[0]?.toUpperCase())
    .join("");
}

const HUES = 6;

function hueOf(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
