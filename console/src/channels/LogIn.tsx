import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Failure } from "../parts/Failure";
import { Page } from "../shell/Page";
import { useChannel } from "./api";
import { asking, useErrand } from "./errands";
import { loginOf } from "./said";

import bots from "../bots/Bots.module.css";
import styles from "./Channels.module.css";

const AGAIN_MS = 1500;
const STEPS = ["one", "two", "three"] as const;

/** Logging an account in with its phone: the code to scan, always the newest. */
export function LogIn({ id }: { id: string }) {
  const { t } = useTranslation(["channels", "shell"]);
  const channel = useChannel(id);
  const { lines, error, running, run } = useErrand();
  const now = lines.at(-1);
  const done = now?.works === true;
  useEffect(() => {
    // The server ends it now and then (a code is shown for so long only, and it may be replaced): then begin again.
    let over = false;
    async function look() {
      while (!over) {
        const found = await run(asking.pair(id));
        if (over || found.at(-1)?.works === true || found.length === 0) return;
        await new Promise((later) => setTimeout(later, AGAIN_MS));
      }
    }
    void look();
    return () => {
      over = true;
    };
  }, [id, run]);
  return (
    <Page title={t("login.title", { channel: id })}>
      <div className={styles.login}>
        <div className={styles.qr} data-done={done || undefined}>
          {done ? (
            <span className={styles.tick} aria-hidden>
              ✓
            </span>
          ) : now?.qr ? (
            <img src={now.qr} alt={t("login.qr")} />
          ) : (
            <span className={styles.asking}>
              {running && <span className={styles.spinner} aria-hidden />}
              {t("login.waits")}
            </span>
          )}
        </div>
        <div>
          <p role="status" className={styles.status}>
            {done ? t("login.done", { account: now.account ?? "" }) : loginOf(t, now?.status ?? "STARTING")}
          </p>
          {now?.mend !== undefined && now.mend !== "" && <p className={bots.wrong}>{now.mend}</p>}
          {now?.error !== undefined && <p className={bots.wrong}>{now.error}</p>}
          {!done && (
            <ol className={styles.steps}>
              {STEPS.map((step) => (
                <li key={step}>{t(`login.steps.${step}`)}</li>
              ))}
            </ol>
          )}
          <Failure error={error} again={() => void run(asking.pair(id))} />
          {!done && channel.data?.can.includes("code") === true && <Code id={id} />}
          <p>
            <Link className={styles.link} href={`/channels/${id}`}>{done ? t("login.next") : t("login.back")}</Link>
          </p>
        </div>
      </div>
    </Page>
  );
}

/** For whoever has no second screen: a code that is typed into the phone. */
function Code({ id }: { id: string }) {
  const { t } = useTranslation("channels");
  const [phone, setPhone] = useState("");
  const { lines, running, error, run } = useErrand();
  const found = lines.at(-1);
  return (
    <details className={styles.more}>
      <summary>{t("login.code.instead")}</summary>
      <form
        className={bots.form}
        onSubmit={(event) => {
          event.preventDefault();
          void run(asking.code(id, phone));
        }}
      >
        <TextInput
          required
          type="tel"
          label={t("login.code.phone")}
          description={t("login.code.says")}
          placeholder="+62 812 3456 7890"
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
        />
        <div className={bots.buttons}>
          <Button type="submit" variant="default" loading={running}>
            {t("login.code.button")}
          </Button>
          {found?.code !== undefined && found.code !== "" && <code className={styles.code}>{found.code}</code>}
        </div>
        {found?.mend !== undefined && found.mend !== "" && <p className={bots.wrong}>{found.mend}</p>}
        <Failure error={error} />
      </form>
    </details>
  );
}
