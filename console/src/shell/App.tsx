import { Loader } from "@mantine/core";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";

import { whenSignedOut } from "../api/client";
import { live } from "../api/live";
import { queries } from "../api/queries";
import { chooseWorkspace, useWorkspace } from "../api/workspace";
import { useLink } from "../signin/link";
import { followAccount } from "../words/language";
import { SignInPage } from "./areas";
import { Caught } from "./Caught";
import { Frame } from "./Frame";
import { useAsking, useMembership } from "./me";
import { next, signInAddress } from "./next";
import { Routes } from "./Routes";
import { Says, SaysButton } from "./Says";

import styles from "./App.module.css";

export function App() {
  const asking = useAsking();
  const [place, go] = useLocation();
  const link = useLink();
  useEffect(() => whenSignedOut(() => queries.setQueryData(["me"], null)), []);
  useEffect(() => void followAccount(asking.data?.user?.language), [asking.data]);
  if (asking.data === undefined) return asking.isError ? <NoAnswer onAgain={() => void asking.refetch()} /> : <Waiting />;
  return (
    <Caught place={place}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/sign-in/*?">
            {asking.data === null || link !== null ? <SignInPage /> : <Redirect to={next()} replace />}
          </Route>
          <Route>{asking.data === null ? <ToSignIn /> : <Inside onMove={go} />}</Route>
        </Switch>
      </Suspense>
    </Caught>
  );
}

/** The console of somebody who is signed in. */
function Inside({ onMove }: { onMove: (to: string) => void }) {
  const membership = useMembership();
  const chosen = useWorkspace();
  const current = membership?.id;
  useEffect(() => {
    // A choice that is not there any more gives way to one that is.
    if (current !== undefined) chooseWorkspace(current);
  }, [current]);
  useEffect(() => {
    live.follow(current ?? null);
    return () => live.follow(null);
  }, [current]);
  if (current !== undefined && chosen !== current) return <Waiting />;
  return (
    <Frame key={current} onSwitch={(id) => switchTo(id, onMove)}>
      <Routes />
    </Frame>
  );
}

/** What was read of one workspace is not shown in the other. */
function switchTo(id: string, onMove: (to: string) => void): void {
  onMove("/");
  chooseWorkspace(id);
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
}

function ToSignIn() {
  useSearch(); // where one is includes it
  return <Redirect to={signInAddress()} replace />;
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div className={styles.middle}>
      <Loader role="status" aria-label={t("loading")} />
    </div>
  );
}

function NoAnswer({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation();
  return (
    <main className={styles.middle}>
      <Says title={t("away.title")} action={<SaysButton onClick={onAgain}>{t("again")}</SaysButton>}>
        {t("away.says")}
      </Says>
    </main>
  );
}
