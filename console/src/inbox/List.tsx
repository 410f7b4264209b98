import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";

import { useShortcut } from "../shell/shortcuts";
import { Row } from "./Row";
import { useNow } from "./times";
import { useChoices } from "./useConversations";
import type { Item, Items } from "./useConversations";

import styles from "./List.module.css";

export const ROW_PX = 82;
const LOAD_BEFORE = 12;
/** How long a row may take to be in the page. */
const FRAMES = 20;

interface Props {
  list: Items;
  open: string | null;
}

/** Only the rows that are on the screen are in the page, however many there are. */
export function List({ list, open }: Props) {
  const { t } = useTranslation("inbox");
  const search = useSearch();
  const now = useNow();
  const namesChannel = (useChoices(true)?.channels.length ?? 0) > 1;
  const box = useRef<HTMLDivElement>(null);
  const { items, hasMore, loadMore } = list;
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => items[index]?.row.id ?? index,
    overscan: 8,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= items.length - LOAD_BEFORE) loadMore();
  }, [hasMore, last, items.length, loadMore]);
  useAnchor(box, items);
  useSteps(items, open, (index) => rows.scrollToIndex(index), box);
  return (
    <div ref={box} className={styles.list} data-testid="conversations">
      <div className={styles.rows} role="list" aria-label={t("list")} style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, key, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <div
              key={key}
              role="listitem"
              aria-posinset={index + 1}
              aria-setsize={hasMore ? -1 : items.length}
              className={styles.place}
              style={{ height: ROW_PX, transform: `translateY(${start}px)` }}
            >
              <Row
                item={item}
                now={now}
                open={item.row.id === open}
                namesChannel={namesChannel}
                href={hrefOf(item, search)}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The filters stay in the address; what was found is where the thread begins. */
function hrefOf({ row, found }: Item, search: string): string {
  const kept = new URLSearchParams(search);
  kept.delete("message");
  if (found !== undefined && found.seq > 0) kept.set("message", `${found.source}-${found.seq}`);
  const query = kept.toString();
  return `/conversations/${encodeURIComponent(row.id)}${query && `?${query}`}`;
}

/** Who has scrolled down goes on reading what they read while others come in above. */
function useAnchor(box: React.RefObject<HTMLDivElement | null>, items: readonly Item[]): void {
  const anchor = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    const top = Math.floor(list.scrollTop / ROW_PX);
    const before = anchor.current;
    const moved = before === undefined || list.scrollTop < ROW_PX ? -1 : items.findIndex(({ row }) => row.id === before);
    if (moved >= 0 && moved !== top) list.scrollTop += (moved - top) * ROW_PX;
  }, [box, items]);
  useEffect(() => {
    const list = box.current;
    if (list === null) return;
    const note = () => {
      anchor.current = items[Math.floor(list.scrollTop / ROW_PX)]?.row.id;
    };
    note();
    list.addEventListener("scroll", note, { passive: true });
    return () => list.removeEventListener("scroll", note);
  }, [box, items]);
}

/** j and k go down and up the list, Enter opens what has the focus. */
function useSteps(
  items: readonly Item[],
  open: string | null,
  scrollTo: (index: number) => void,
  box: React.RefObject<HTMLDivElement | null>,
): void {
  const { t } = useTranslation("inbox");
  const [, go] = useLocation();
  /** Where the focus is about to be: who is quick presses again before the list has moved there. */
  const wanted = useRef<string | null>(null);
  function step(by: number) {
    const from = wanted.current ?? document.activeElement?.getAttribute("data-id") ?? open;
    const at = items.findIndex(({ row }) => row.id === from);
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), items.length - 1);
    const id = items[next]?.row.id;
    if (id === undefined) return;
    wanted.current = id;
    scrollTo(next);
    focus(id, FRAMES);
  }
  function focus(id: string, frames: number) {
    requestAnimationFrame(() => {
      if (wanted.current !== id) return;
      const link = box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
      link?.focus({ preventScroll: true });
      if (link || frames === 0) wanted.current = null;
      else focus(id, frames - 1);
    });
  }
  useShortcut("j", t("keys.down"), () => step(1));
  useShortcut("k", t("keys.up"), () => step(-1));
  useShortcut("u", t("keys.close"), () => go(`/${location.search}`));
}
