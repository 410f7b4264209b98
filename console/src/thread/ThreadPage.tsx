import { ActionIcon, Drawer, Skeleton, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Problem } from "../api/client";
import { Icon } from "../icons";
import { Face } from "../shell/Face";
import { useMay } from "../shell/me";
import { useTitle } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useShortcut } from "../shell/shortcuts";
import { About } from "./About";
import { Banner } from "./Banner";
import { Composer } from "./Composer";
import { Log } from "./Log";
import { Unsaid } from "./Unsaid";
import { usePresence } from "./usePresence";
import { useSaying } from "./useSaying";
import { useStanding } from "./useStanding";
import { useEntries, useFollowing, useHead } from "./useThread";
import type { Entry, Head } from "./useThread";

import styles from "./ThreadPage.module.css";

/** One conversation: what was said, who answers, and the words to come. */
export default function ThreadPage({ id }: { id: string }) {
  const { t } = useTranslation(["thread", "shell"]);
  const [, go] = useLocation();
  const head = useHead(id);
  useTitle(head.data === undefined ? t("title") : nameOf(head.data, t("nameless")));
  if (head.data !== undefined) return <Opened key={id} head={head.data} />;
  if (head.error === null) return <Waiting />;
  const gone = head.error instanceof Problem && head.error.status === 404;
  return (
    <Says
      title={t(gone ? "goneTitle" : "failed")}
      action={
        <SaysButton onClick={() => (gone ? go("/") : void head.refetch())}>
          {t(gone ? "toInbox" : "shell:again")}
        </SaysButton>
      }
    >
      {gone ? t("goneSays") : head.error.message}
    </Says>
  );
}

/** How people read who it is: a name, else the number. */
export function nameOf({ name, addresses }: Head, nameless: string): string {
  if (name) return name;
  const number = addresses.find((each) => each.startsWith("phone:"))?.slice("phone:".length);
  return number === undefined ? (addresses[0] ?? nameless) : `+${number}`;
}

function Opened({ head }: { head: Head }) {
  const { t } = useTranslation(["thread", "shell"]);
  const { id } = head;
  const may = useMay("agent");
  const name = nameOf(head, t("nameless"));
  const entries = useEntries(id);
  const refresh = useFollowing(id);
  const presence = usePresence(id);
  const standing = useStanding(id, refresh);
  const saying = useSaying(id, refresh);
  const [answered, setAnswered] = useState<Entry | null>(null);
  const [about, setAbout] = useState(false);
  const wide = useMediaQuery("(min-width: 1200px)", true, { getInitialValueInEffect: false });
  const { fetchNextPage } = entries;
  const onOlder = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const mine = head.mode === "human" && head.answering?.me === true;
  useShortcut("i", t("keys.info"), () => setAbout((open) => !open));
  useShortcut("t", t("keys.take"), () => {
    if (may) (mine ? standing.giveBack : () => standing.takeOver())();
  });
  return (
    <div className={styles.split}>
      <section className={styles.thread} aria-label={t("titleOf", { name })}>
        <Top head={head} name={name} about={about} onAbout={() => setAbout((open) => !open)} />
        {entries.data === undefined ? (
          <Pending error={entries.error} onAgain={() => void entries.refetch()} />
        ) : (
          <Log
            head={head}
            name={name}
            entries={entries.data.pages.flatMap((page) => page.items)}
            hasOlder={entries.hasNextPage}
            loadingOlder={entries.isFetchingNextPage}
            onOlder={onOlder}
            onReply={may ? setAnswered : undefined}
            onChange={() => void refresh()}
          >
            <Unsaid saying={saying} />
            {head.running && (
              <div className={styles.working} role="status">
                {t("working")}
              </div>
            )}
          </Log>
        )}
        <Banner head={head} standing={standing} may={may} />
        {may && (
          <Composer
            head={head}
            saying={saying}
            answered={answered}
            onAnswered={setAnswered}
            presence={presence}
            onChange={() => void refresh()}
          />
        )}
        {standing.question}
      </section>
      {wide && about && (
        <aside className={styles.about} aria-label={t("info")}>
          <About head={head} name={name} />
        </aside>
      )}
      {!wide && (
        <Drawer
          opened={about}
          onClose={() => setAbout(false)}
          position="right"
          title={t("info")}
          closeButtonProps={{ "aria-label": t("shell:close") }}
        >
          <About head={head} name={name} />
        </Drawer>
      )}
    </div>
  );
}

interface TopProps {
  head: Head;
  name: string;
  about: boolean;
  onAbout: () => void;
}

function Top({ head, name, about, onAbout }: TopProps) {
  const { t } = useTranslation(["thread", "shell"]);
  const [, go] = useLocation();
  return (
    <header className={styles.top}>
      <ActionIcon
        className={styles.back}
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t("shell:back")}
        onClick={() => go(`/${location.search}`)}
      >
        <Icon name="back" />
      </ActionIcon>
      <Face name={head.name ?? ""} size={38} />
      <div className={styles.who}>
        <Title order={1} size="h5" dir="auto">
          {name}
        </Title>
        <div className={styles.presence} role="status">
          {whoIsThere(head, t)}
        </div>
      </div>
      <ActionIcon
        variant={about ? "light" : "subtle"}
        color="gray"
        size="lg"
        aria-label={t("info")}
        title={t("info")}
        aria-expanded={about}
        onClick={onAbout}
      >
        <Icon name="contact" />
      </ActionIcon>
    </header>
  );
}

function whoIsThere({ watching, channel_id }: Head, t: ReturnType<typeof useTranslation<["thread", "shell"]>>["t"]): string {
  const others = watching.filter(({ me }) => !me);
  const typing = others.filter(({ doing }) => doing === "typing");
  const told = typing.length > 0 ? typing : others;
  if (told.length === 0) return channel_id;
  const names = told.map(({ name }) => name).join(", ");
  if (typing.length > 0) return t(told.length > 1 ? "typingMany" : "typing", { names });
  return t(told.length > 1 ? "hereMany" : "here", { names });
}

function Pending({ error, onAgain }: { error: Error | null; onAgain: () => void }) {
  const { t } = useTranslation(["thread", "shell"]);
  if (error === null) return <Bubbles />;
  return (
    <div className={styles.pending}>
      <Says title={t("failed")} action={<SaysButton onClick={onAgain}>{t("shell:again")}</SaysButton>}>
        {error.message}
      </Says>
    </div>
  );
}

function Waiting() {
  return (
    <div className={styles.thread}>
      <header className={styles.top}>
        <Skeleton circle height={38} />
        <Skeleton height={16} width={160} />
      </header>
      <Bubbles />
      <div className={styles.bottom} />
    </div>
  );
}

function Bubbles() {
  const { t } = useTranslation();
  return (
    <div className={styles.pending} role="status" aria-label={t("loading")}>
      {[46, 62, 38, 54].map((width, index) => (
        <Skeleton key={width} height={44} width={`${width}%`} radius={14} ml={index % 2 ? "auto" : 0} mt={10} />
      ))}
    </div>
  );
}
