import { useEffect, useRef, useState } from "react";
import type { KeyboardEvent, ReactNode } from "react";

import styles from "./Menu.module.css";

interface Props {
  label: string;
  /** What the button shows. */
  icon: ReactNode;
  className?: string | undefined;
  /** Its items close it by calling this. */
  children: (close: () => void) => ReactNode;
}

interface Place {
  side: "above" | "below";
  align: "start" | "end";
}

const HIGH_PX = 380;
const WIDE_PX = 260;

/** Above the button and towards the right, if the section around it has room there. */
function placeFor(button: HTMLElement): Place {
  const { top, left } = button.getBoundingClientRect();
  const around = (button.closest("section") ?? document.body).getBoundingClientRect();
  return {
    side: top - around.top > HIGH_PX ? "above" : "below",
    align: left + WIDE_PX > around.right ? "end" : "start",
  };
}

/** A button with a menu. Arrows move, Esc closes and gives the focus back, so does a click elsewhere. */
export function Menu({ label, icon, className, children }: Props) {
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState<Place>({ side: "below", align: "start" });
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    items(box.current)[0]?.focus();
    function away(event: PointerEvent) {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    }
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!open) return;
    const all = items(box.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else if (next !== undefined) all[(next + all.length) % all.length]?.focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div ref={box} className={styles.box} data-open={open || undefined} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={(event) => {
          setPlace(placeFor(event.currentTarget));
          setOpen((was) => !was);
        }}
      >
        {icon}
      </button>
      {open && (
        <div className={styles.menu} role="menu" aria-label={label} data-side={place.side} data-align={place.align}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

function items(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
}

interface ItemProps {
  icon?: ReactNode;
  onChoose: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, onChoose, children }: ItemProps) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} className={styles.item} onClick={onChoose}>
      {icon}
      {children}
    </button>
  );
}
