import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { Problem } from "../api/client";
import { Failure } from "../parts/Failure";
import { ago, count } from "../bots/written";
import { Dialog } from "../parts/Dialog";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { Says, SaysButton } from "../shell/Says";
import { useMay } from "../shell/me";
import { deleteChannel, pauseChannel, resumeChannel, useChange, useChannel, useKinds } from "./api";
import type { Channel } from "./api";
import { Stands, Trouble } from "./ChannelList";
import { asking, useErrand } from "./errands";
import { Links } from "./Links";
import { kindOf, loginOf } from "./said";
import { Settings } from "./Settings";
import { TestMessage } from "./TestMessage";

import bots from "../bots/Bots.module.css";
import styles from "./Channels.module.css";

export function ChannelPage({ id }: { id: string }) {
  const { t } = useTranslation(["channels", "shell"]);
  const [, go] = useLocation();
  const may = useMay("admin");
  const channel = useChannel(id);
  if (channel.error instanceof Problem && channel.error.status === 404) {
    return (
      <Says title={t("gone.title")} action={<SaysButton onClick={() => go("/channels")}>{t("gone.home")}</SaysButton>}>
        {t("gone.says", { channel: id })}
      </Says>
    );
  }
  return (
    <Page title={id}>
      {channel.isError && <Failure error={channel.error} again={() => void channel.refetch()} />}
      {channel.isPending && <Skeletons rows={3} height={84} />}
      {channel.data !== undefined && (
        <>
          <Health channel={channel.data} />
          {may && channel.data.problems.length === 0 && <Actions channel={channel.data} />}
          {channel.data.source === "file" ? (
            <p className={bots.soft}>{t("fileSays")}</p>
          ) : (
            <Settings key={channel.data.revision} channel={channel.data} may={may} />
          )}
          {may && channel.data.source === "console" && <Delete channel={channel.data} />}
        </>
      )}
    </Page>
  );
}

function Health({ channel }: { channel: Channel }) {
  const { t, i18n } = useTranslation("channels");
  const number = (value: number) => count(value, i18n.language);
  return (
    <section className={bots.section} aria-label={t("health.title")}>
      <p className={bots.top}>
        <Stands channel={channel} />
        <span className={bots.soft}>
          {kindOf(t, channel.kind)} {channel.account !== "" && <bdi>{channel.account}</bdi>}
        </span>
        <span className={bots.soft}>
          {t("answersWith")} <Link className={styles.link} href={`/bots/${channel.bot}`}>{channel.bot}</Link>
        </span>
      </p>
      <Trouble channel={channel} />
      <dl className={bots.figures}>
        <Figure says={t("health.received")}>{number(channel.received)}</Figure>
        <Figure says={t("health.sent")}>{number(channel.sent)}</Figure>
        <Figure says={t("health.unsent")}>{number(channel.unsent)}</Figure>
        <Figure says={t("health.waiting")}>{number(channel.waiting)}</Figure>
        <Figure says={t("health.last")}>
          {channel.last_at === null ? t("health.never") : ago(channel.last_at, i18n.language)}
        </Figure>
        {channel.login !== null && <Figure says={t("health.login")}>{loginOf(t, channel.login.status)}</Figure>}
        {channel.templates !== null && (
          <Figure says={t("templates.synced")}>
            {channel.templates.synced_at === null ? t("health.never") : ago(channel.templates.synced_at, i18n.language)}
          </Figure>
        )}
      </dl>
      {channel.webhook !== null && <Webhook address={channel.webhook} called={channel.last_at !== null} />}
    </section>
  );
}

function Figure({ says, children }: { says: string; children: ReactNode }) {
  return (
    <div className={bots.figure}>
      <dt>{says}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Webhook({ address, called }: { address: string; called: boolean }) {
  const { t } = useTranslation(["channels", "shell"]);
  const [copied, copy] = useState(false);
  const whole = address.startsWith("/") ? location.origin + address : address;
  return (
    <p className={styles.webhook}>
      <span className={bots.soft}>{t("webhook.title")}</span>
      <code>{whole}</code>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => void navigator.clipboard.writeText(whole).then(() => copy(true), () => copy(false))}
      >
        {copied ? t("shell:copied") : t("shell:copy")}
      </Button>
      <span className={bots.soft}>{called ? t("webhook.called") : t("webhook.never")}</span>
    </p>
  );
}

function Actions({ channel }: { channel: Channel }) {
  const { t } = useTranslation("channels");
  const [open, show] = useState<"check" | "connect" | "pause" | "test" | null>(null);
  const check = useErrand();
  const resume = useChange(() => resumeChannel(channel.id));
  return (
    <section className={`${bots.section} ${styles.actions}`} aria-label={t("actions")}>
      <div className={bots.buttons}>
        {channel.can.includes("pair") && (
          <Button component={Link} href={`/channels/${channel.id}/login`} variant={channel.login?.works ? "default" : "filled"}>
            {t("login.button")}
          </Button>
        )}
        {channel.webhook !== null && (
          <Button variant="default" onClick={() => show("connect")}>
            {t("connect.button")}
          </Button>
        )}
        <Button
          variant="default"
          onClick={() => {
            show("check");
            void check.run(asking.check(channel.id));
          }}
        >
          {t("check.button")}
        </Button>
        <Button variant="default" onClick={() => show("test")}>
          {t("test.button")}
        </Button>
        {channel.pause === null ? (
          <Button variant="default" onClick={() => show("pause")}>
            {t("pause.button")}
          </Button>
        ) : (
          <Button loading={resume.isPending} onClick={() => resume.mutate(undefined)}>
            {t("pause.resume")}
          </Button>
        )}
      </div>
      <Failure error={resume.error} />
      {open === "check" && (
        <div className={bots.panel}>
          <h2 className={bots.heading}>{t("check.title")}</h2>
          <Links lines={check.lines} running={check.running} />
          <Failure error={check.error} />
        </div>
      )}
      {open === "connect" && <Connect channel={channel} />}
      {open === "test" && <TestMessage channel={channel} />}
      {open === "pause" && <Pause channel={channel} close={() => show(null)} />}
    </section>
  );
}

/** Telling the provider where its webhooks go. */
function Connect({ channel }: { channel: Channel }) {
  const { t } = useTranslation("channels");
  const kinds = useKinds();
  const own = kinds.data?.public_url ?? "";
  const [url, setUrl] = useState<string | null>(null);
  const connect = useErrand();
  const shown = url ?? (own === "" ? location.origin : own);
  return (
    <form
      className={`${bots.panel} ${bots.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        void connect.run(asking.connect(channel.id, shown === own ? "" : shown));
      }}
    >
      <h2 className={bots.heading}>{t("connect.title")}</h2>
      <TextInput
        required
        type="url"
        label={t("connect.url")}
        description={own === "" ? t("connect.urlUnset") : t("connect.urlSays")}
        value={shown}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      {(connect.running || connect.lines.length > 0) && <Links lines={connect.lines} running={connect.running} />}
      <Failure error={connect.error} />
      <div className={bots.buttons}>
        <Button type="submit" loading={connect.running}>
          {t("connect.do")}
        </Button>
      </div>
    </form>
  );
}

function Pause({ channel, close }: { channel: Channel; close: () => void }) {
  const { t } = useTranslation(["channels", "shell"]);
  const [reason, setReason] = useState("");
  const pause = useChange(() => pauseChannel(channel.id, reason));
  return (
    <form
      className={`${bots.panel} ${bots.form}`}
      onSubmit={(event) => {
        event.preventDefault();
        pause.mutate(undefined, { onSuccess: close });
      }}
    >
      <h2 className={bots.heading}>{t("pause.title")}</h2>
      <p className={bots.soft}>{t("pause.says")}</p>
      <TextInput
        label={t("pause.reason")}
        maxLength={200}
        dir="auto"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Failure error={pause.error} />
      <div className={bots.buttons}>
        <Button type="submit" loading={pause.isPending}>
          {t("pause.do")}
        </Button>
        <Button variant="default" onClick={close}>
          {t("shell:cancel")}
        </Button>
      </div>
    </form>
  );
}

function Delete({ channel }: { channel: Channel }) {
  const { t } = useTranslation(["channels", "shell"]);
  const [, go] = useLocation();
  const [open, ask] = useState(false);
  const [typed, type] = useState("");
  const remove = useChange(() => deleteChannel(channel.id));
  return (
    <>
      <Button variant="default" c="var(--wrong)" onClick={() => ask(true)}>
        {t("delete.button")}
      </Button>
      {open && (
        <Dialog title={t("delete.title", { channel: channel.id })} onClose={() => ask(false)}>
          <p>{t("delete.says")}</p>
          <TextInput
            label={t("delete.type", { channel: channel.id })}
            autoComplete="off"
            value={typed}
            onChange={(event) => type(event.currentTarget.value)}
          />
          <Failure error={remove.error} />
          <div className={bots.buttons}>
            <Button
              color="red.9"
              mt="md"
              disabled={typed !== channel.id}
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: () => go("/channels", { replace: true }) })}
            >
              {t("delete.button")}
            </Button>
            <Button variant="default" mt="md" onClick={() => ask(false)}>
              {t("shell:cancel")}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
