// Single keys, and two after another ("g i"). What is shown has registered its own, and the list of them is read off.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

export interface Shortcut {
  keys: string;
  says: string;
}

interface Held extends Shortcut {
  run: () => void;
}

const TURNED_OFF = "turnkeeper-no-keys";
const BETWEEN_MS = 1200;
const held = new Set<Held>();
const watching = new Set<() => void>();
let listed: readonly Shortcut[] = [];
let begun: { key: string; at: number } | null = null;

/** `keys` as they are typed, with a space between two; `says` is shown in the list of all. */
export function useShortcut(keys: string, says: string, run: () => void): void {
  const now = useEffectEvent(run);
  useEffect(() => {
    const own: Held = { keys, says, run: () => now() };
    held.add(own);
    changed();
    return () => {
      held.delete(own);
      changed();
    };
  }, [keys, says]);
}

export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(watch, () => listed);
}

/** Who speaks to their computer, or hits keys by accident, can do without. */
export function useKeysOn(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore(watch, keysOn);
  return [on, turnKeys];
}

export function listenForShortcuts(): () => void {
  document.addEventListener("keydown", onKeyDown);
  return () => document.removeEventListener("keydown", onKeyDown);
}

function keysOn(): boolean {
  return localStorage.getItem(TURNED_OFF) === null;
}

function turnKeys(on: boolean): void {
  if (on) localStorage.removeItem(TURNED_OFF);
  else localStorage.setItem(TURNED_OFF, "yes");
  changed();
}

function watch(tell: () => void): () => void {
  watching.add(tell);
  return () => watching.delete(tell);
}

function changed(): void {
  listed = [...held].map(({ keys, says }) => ({ keys, says }));
  for (const tell of watching) tell();
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTaken(event.target) || !keysOn()) return;
  const before = begun !== null && event.timeStamp - begun.at < BETWEEN_MS ? begun.key : null;
  begun = null;
  const all = [...held].reverse(); // what was shown last has the word
  const found =
    (before !== null && all.find(({ keys }) => keys === `${before} ${event.key}`)) ||
    all.find(({ keys }) => keys === event.key);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (all.some(({ keys }) => keys.startsWith(`${event.key} `))) {
    begun = { key: event.key, at: event.timeStamp };
  }
}

/** Keys that belong to a field, a menu or a dialog are theirs. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input, textarea, select, [role=menu], [role=dialog], dialog") !== null;
}
