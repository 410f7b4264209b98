import { Button, Loader } from "@mantine/core";
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { region } from "../time";
import { Bubble } from "./Bubble";
import { HandoverLine, HappenedLine, NoteLine } from "./Lines";
import { beginsDay, follows, shown } from "./shown";
import type { Shown } from "./shown";
import type { Entry, Head } from "./useThread";

import styles from "./Log.module.css";

/** Pixels from the end within which somebody reads the end: what is new scrolls into view. */
const NEAR_END = 120;

interface Props {
  head: Head;
  name: string;
  entries: readonly Entry[];
  hasOlder: boolean;
  loadingOlder: boolean;
  onOlder: () => void;
  onReply: ((entry: Entry) => void) | undefined;
  onChange: () => void;
  /** What is on its way, below everything else. */
  children: ReactNode;
}

/** All that was said, the newest at the end. Older ones are put above without moving what is read. */
export function Log(props: Props) {
  const { head, name, entries, hasOlder, loadingOlder, onOlder, onReply, onChange, children } = props;
  const { t } = useTranslation("thread");
  const all = useMemo(() => shown(entries), [entries]);
  const scrolling = useScrolling(all);
  const top = useOlder(scrolling.box, hasOlder && !loadingOlder, onOlder);
  return (
    <div className={styles.around}>
      <div
        ref={scrolling.box}
        className={styles.log}
        role="log"
        aria-label={t("log")}
        aria-live="off"
        tabIndex={0}
        onScroll={scrolling.onScroll}
        data-testid="log"
      >
        <div ref={scrolling.inside} className={styles.inside}>
          <div ref={top} className={styles.older}>
            {hasOlder ? (
              <Button size="compact-sm" variant="subtle" onClick={onOlder} disabled={loadingOlder}>
                {loadingOlder ? <Loader size="xs" aria-label={t("loadingOlder")} /> : t("older")}
              </Button>
            ) : (
              <span>{t(all.length > 0 ? "beginning" : "nothing")}</span>
            )}
          </div>
          {all.map((one, index) => {
            const before = all[index - 1]?.entry;
            return (
              <Fragment key={one.entry.id}>
                {beginsDay(one.entry, before) && <Day at={one.entry.at} />}
                <Line one={one} before={before} head={head} name={name} onReply={onReply} onChange={onChange} />
              </Fragment>
            );
          })}
          {children}
        </div>
      </div>
      {scrolling.unseen > 0 ? (
        <Button className={styles.pill} size="compact-sm" radius="xl" onClick={scrolling.toEnd}>
          {t("news", { count: scrolling.unseen })}
        </Button>
      ) : (
        scrolling.away && (
          <button type="button" className={styles.down} aria-label={t("toEnd")} onClick={scrolling.toEnd}>
            <Icon name="down" size={18} />
          </button>
        )
      )}
      <Announced newest={all.at(-1)} name={name} />
    </div>
  );
}

interface LineProps extends Pick<Props, "head" | "name" | "onReply" | "onChange"> {
  one: Shown;
  before: Entry | undefined;
}

function Line({ one, before, head, name, onReply, onChange }: LineProps) {
  const { entry } = one;
  if (entry.note != null) return <NoteLine conversation={head.id} entry={entry} onChange={onChange} />;
  if (entry.handover != null) return <HandoverLine entry={entry} />;
  if (entry.happened != null) return <HappenedLine entry={entry} />;
  return (
    <Bubble
      conversation={head.id}
      shown={one}
      joins={follows(entry, before) && !beginsDay(entry, before)}
      markup={head.composer.markup}
      name={name}
      onReply={onReply}
    />
  );
}

function Day({ at }: { at: number }) {
  const { t, i18n } = useTranslation("thread");
  const day = new Date(at * 1000);
  const today = new Date();
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  const far = day.getFullYear() !== today.getFullYear();
  const said = new Intl.DateTimeFormat(region(i18n.language), {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(far && { year: "numeric" }),
  });
  const is = (other: Date) => day.toDateString() === other.toDateString();
  return (
    <div className={styles.day} role="separator">
      <span>{is(today) ? t("today") : is(yesterday) ? t("yesterday") : said.format(day)}</span>
    </div>
  );
}

/** What came in last is said to those who cannot see it. */
function Announced({ newest, name }: { newest: Shown | undefined; name: string }) {
  const first = useRef(newest?.entry.id);
  const entry = newest?.entry;
  const said = entry === undefined || entry.id === first.current || entry.who !== "contact" ? "" : entry.message?.text;
  return (
    <div className={styles.unseen} role="status">
      {said ? `${name}: ${said.slice(0, 500)}` : ""}
    </div>
  );
}

/** Ask for older ones as soon as their place comes into view. */
function useOlder(box: React.RefObject<HTMLDivElement | null>, wanted: boolean, onOlder: () => void) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!wanted || top.current === null) return undefined;
    const watching = new IntersectionObserver(
      ([seen]) => {
        if (seen?.isIntersecting && box.current !== null && box.current.scrollHeight > box.current.clientHeight) onOlder();
      },
      { root: box.current, rootMargin: "300px 0px 0px" },
    );
    watching.observe(top.current);
    return () => watching.disconnect();
  }, [box, wanted, onOlder]);
  return top;
}

function useScrolling(all: readonly Shown[]) {
  const box = useRef<HTMLDivElement>(null);
  const inside = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  const atEnd = useRef(true);
  const known = useRef<{ first: string | undefined; last: string | undefined }>({ first: undefined, last: undefined });
  const [unseen, setUnseen] = useState(0);
  const [away, setAway] = useState(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const first = all[0]?.entry.id;
    const last = all.at(-1)?.entry.id;
    const before = known.current;
    known.current = { first, last };
    if (atEnd.current) element.scrollTop = element.scrollHeight;
    else if (first !== before.first && last === before.last) element.scrollTop += element.scrollHeight - height.current;
    else if (last !== before.last) {
      const from = all.findIndex(({ entry }) => entry.id === before.last);
      const fresh = all.slice(from + 1).filter(({ entry }) => entry.who === "contact").length;
      if (from >= 0 && fresh > 0) setUnseen((count) => count + fresh);
    }
    height.current = element.scrollHeight;
  }, [all]);

  // The composer grows, a picture opens, a note is on its way: the end stays in view.
  useEffect(() => {
    const element = box.current;
    if (element === null || inside.current === null) return undefined;
    const watching = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
      height.current = element.scrollHeight;
    });
    watching.observe(element);
    watching.observe(inside.current);
    return () => watching.disconnect();
  }, []);

  function onScroll() {
    const element = box.current;
    if (element === null) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    setAway(!atEnd.current);
    if (atEnd.current) setUnseen(0);
  }

  function toEnd() {
    box.current?.scrollTo({ top: box.current.scrollHeight, behavior: "smooth" });
  }

  return { box, inside, unseen, away, onScroll, toEnd };
}
