import type { ComponentProps } from "react";

import { Icon } from "../icons";
import { Face } from "./Face";

import styles from "./Menus.module.css";

interface Props extends ComponentProps<"button"> {
  name: string;
  label: string;
  square?: boolean;
  /** With the name beside the face, as in a list. */
  wide: boolean;
}

/** What opens a menu of the navigation. */
export function MenuButton({ name, label, square = false, wide, ...others }: Props) {
  return (
    <button
      type="button"
      className={styles.button}
      data-wide={wide || undefined}
      aria-haspopup="menu"
      aria-label={wide ? undefined : label}
      title={name}
      {...others}
    >
      <Face name={name} square={square} />
      {wide && <span dir="auto">{name}</span>}
      {wide && <Icon name="down" size={16} />}
    </button>
  );
}
