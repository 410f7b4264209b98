import { useMediaQuery } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";

import {
  BotsPage,
  ChannelsPage,
  ContactsPage,
  InboxPage,
  OverviewPage,
  SettingsPage,
  SimulatorPage,
  ThreadPage,
  TracePage,
} from "./areas";
import { useSeen } from "../inbox/seen";
import { useMe } from "./me";
import { Says, SaysButton } from "./Says";

import styles from "./Routes.module.css";

/** Until somebody has gone anywhere, a demo shows the phone. */
const SHOWN_THE_PHONE = "turnkeeper-demo-shown";
/** Whoever began elsewhere and asks for the inbox wants the inbox. */
const BEGUN_AT = location.pathname;
/** With a conversation and without it is one page: the list stays where it was scrolled to. */
const INBOX = /^\/(?:conversations\/(?<id>[^/]+)\/?)?$/;

export function Routes() {
  return (
    <Switch>
      <Route path={INBOX}>{({ id }) => <Inbox id={id} />}</Route>
      <Route path="/conversations/:id/turns/:turn">{({ id, turn }) => <TracePage id={id} turn={turn} />}</Route>
      <Route path="/simulator/*?">
        <SimulatorPage />
      </Route>
      <Route path="/channels/*?">
        <ChannelsPage />
      </Route>
      <Route path="/bots/*?">
        <BotsPage />
      </Route>
      <Route path="/contacts/*?">
        <ContactsPage />
      </Route>
      <Route path="/overview/*?">
        <OverviewPage />
      </Route>
      <Route path="/settings/*?">
        <SettingsPage />
      </Route>
      <Route>
        <Missing />
      </Route>
    </Switch>
  );
}

function Inbox({ id }: { id: string | undefined }) {
  const demo = useMe()?.demo ?? false;
  if (id === undefined && demo && BEGUN_AT === "/" && sessionStorage.getItem(SHOWN_THE_PHONE) === null) {
    return <Redirect to="/simulator" replace />;
  }
  return <Conversations id={id} />;
}

/** The list and the conversation beside it; on a narrow screen one of the two. */
function Conversations({ id }: { id: string | undefined }) {
  const narrow = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  useSeen(id);
  return (
    <div className={styles.split} data-narrow={narrow || undefined}>
      <div className={styles.list} data-behind={(narrow && id !== undefined) || undefined}>
        <InboxPage />
      </div>
      {(!narrow || id !== undefined) && (
        <div className={styles.thread}>{id === undefined ? <Choose /> : <ThreadPage key={id} id={id} />}</div>
      )}
    </div>
  );
}

function Choose() {
  const { t } = useTranslation("inbox");
  return <Says title={t("choose.title")}>{t("choose.says")}</Says>;
}

function Missing() {
  const { t } = useTranslation();
  const [, go] = useLocation();
  return (
    <Says title={t("missing.title")} action={<SaysButton onClick={() => go("/")}>{t("missing.home")}</SaysButton>}>
      {t("missing.says")}
    </Says>
  );
}

/** Somebody went somewhere: from now on the demo begins with the inbox as every server does. */
export function wentSomewhere(): void {
  sessionStorage.setItem(SHOWN_THE_PHONE, "yes");
}
