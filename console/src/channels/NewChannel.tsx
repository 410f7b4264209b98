import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { wrongAt, wrongElsewhere, useBots } from "../bots/api";
import { Failure } from "../parts/Failure";
import { Skeletons } from "../parts/Skeletons";
import { Page } from "../shell/Page";
import { makeChannel, useChange, useKinds } from "./api";
import type { ChannelKind, Draft, Given } from "./api";
import { asking, useErrand } from "./errands";
import { Field, meant } from "./Field";
import { Links, allWell } from "./Links";
import { kindOf, kindSays } from "./said";

import bots from "../bots/Bots.module.css";
import styles from "./Channels.module.css";

/** A new channel: first its provider, then what that needs, checked before it is made. */
export function NewChannel({ kind }: { kind: string | undefined }) {
  const { t } = useTranslation("channels");
  const kinds = useKinds();
  const chosen = kinds.data?.items.find((each) => each.kind === kind);
  return (
    <Page title={chosen === undefined ? t("new.title") : t("new.titleOf", { kind: kindOf(t, chosen.kind) })}>
      {kinds.isError && <Failure error={kinds.error} again={() => void kinds.refetch()} />}
      {kinds.isPending && <Skeletons rows={4} height={72} />}
      {kinds.data !== undefined && chosen === undefined && <Choice kinds={kinds.data.items} />}
      {chosen !== undefined && <Form key={chosen.kind} kind={chosen} />}
    </Page>
  );
}

function Choice({ kinds }: { kinds: ChannelKind[] }) {
  const { t } = useTranslation("channels");
  return (
    <>
      <p className={bots.soft}>{t("new.choose")}</p>
      <ul className={bots.list}>
        {kinds.map((each) => (
          <li key={each.kind}>
            <Link href={`/channels/-/new/${each.kind}`} className={bots.card}>
              <span className={bots.name}>{kindOf(t, each.kind)}</span>
              <span className={bots.facts}>{kindSays(t, each.kind, each.says)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

const NAMES: Record<string, string> = { whatsapp_cloud: "whatsapp", telegram: "telegram" };

function Form({ kind }: { kind: ChannelKind }) {
  const { t } = useTranslation(["channels", "shell"]);
  const [, go] = useLocation();
  const known = useBots();
  const [name, setName] = useState(`${NAMES[kind.kind] ?? "whatsapp"}-1`);
  const [chosen, choose] = useState<string | null>(null);
  const [given, give] = useState<Record<string, string | boolean>>({});
  const check = useErrand();
  const make = useChange((draft: Draft) => makeChannel(draft));
  const bot = chosen ?? known.data?.items[0]?.id ?? "";
  const fields = kind.fields.filter((each) => each.key !== "bot");
  const first = fields.filter((each) => each.asked && !each.made);
  const rest = fields.filter((each) => !first.includes(each));
  const problem = make.error ?? check.error;
  const shown = ["bot", ...fields.map((each) => each.key)];

  function draft(): Draft {
    const settings: Given = {};
    for (const field of fields) {
      const value = meant(field, given[field.key]);
      if (value !== undefined) settings[field.key] = value;
    }
    return { name, kind: kind.kind, bot, settings };
  }

  const input = (field: (typeof fields)[number]) => (
    <Field
      key={field.key}
      kind={kind.kind}
      field={field}
      value={given[field.key]}
      error={wrongAt(problem, field.key)}
      onChange={(value) => give({ ...given, [field.key]: value })}
    />
  );

  if (known.data?.items.length === 0) {
    return (
      <p>
        {t("new.noBot")} <Link href="/bots/-/new">{t("new.addBot")}</Link>
      </p>
    );
  }
  return (
    <form
      className={bots.form}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate(draft(), { onSuccess: (made) => go(`/channels/${made}`, { replace: true }) });
      }}
    >
      <Steps kind={kind.kind} />
      <div className={bots.pair}>
        <TextInput
          required
          label={t("new.name")}
          description={t("new.nameSays")}
          maxLength={63}
          pattern="[A-Za-z0-9][A-Za-z0-9_-]*"
          value={name}
          error={wrongAt(problem, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("new.bot")}
          description={t("new.botSays")}
          data={known.data?.items.map((each) => each.id) ?? []}
          value={bot}
          error={wrongAt(problem, "bot")}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      </div>
      {first.map(input)}
      <details className={styles.more}>
        <summary>{t("form.more", { count: rest.length })}</summary>
        <div className={bots.form}>{rest.map(input)}</div>
      </details>
      <Failure error={wrongElsewhere(problem, ...shown)} />
      {(check.running || check.lines.length > 0) && <Links lines={check.lines} running={check.running} />}
      <div className={bots.buttons}>
        <Button variant="default" disabled={check.running} onClick={() => void check.run(asking.checkNew(draft()))}>
          {t("check.try")}
        </Button>
        <Button type="submit" loading={make.isPending}>
          {allWell(check.lines) || check.lines.length === 0 ? t("new.button") : t("new.anyway")}
        </Button>
        <Button variant="subtle" onClick={() => go("/channels/-/new")}>
          {t("shell:back")}
        </Button>
      </div>
    </form>
  );
}

const STEPS = ["one", "two", "three"] as const;
const KINDS = ["whatsapp_cloud", "waha", "wablas", "whacenter", "telegram"] as const;

/** What one has to do at the provider first. */
function Steps({ kind }: { kind: string }) {
  const { t } = useTranslation("channels");
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) return null;
  return (
    <section className={bots.panel} aria-label={t("new.before")}>
      <h2>{t("new.before")}</h2>
      <ol className={styles.steps}>
        {STEPS.map((step) => (
          <li key={step}>{t(`kinds.${known}.steps.${step}`)}</li>
        ))}
      </ol>
    </section>
  );
}
