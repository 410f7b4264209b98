import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useBots, wrongAt, wrongElsewhere } from "../bots/api";
import { Failure } from "../parts/Failure";
import { changeChannel, useChange, useKinds } from "./api";
import type { Channel, ChannelField, Given } from "./api";
import { asking, useErrand } from "./errands";
import { Field, meant } from "./Field";
import { Links } from "./Links";

import bots from "../bots/Bots.module.css";
import styles from "./Channels.module.css";

/** What a channel of the console is set to; a secret that is not entered anew stays. */
export function Settings({ channel, may }: { channel: Channel; may: boolean }) {
  const { t } = useTranslation(["channels", "shell"]);
  const kinds = useKinds();
  const known = useBots();
  const [given, give] = useState<Record<string, string | boolean>>({});
  const [bot, choose] = useState(channel.bot);
  const check = useErrand();
  const change = useChange(({ set, unset }: { set: Given; unset: string[] }) => changeChannel(channel, set, unset));
  const kind = kinds.data?.items.find((each) => each.kind === channel.kind);
  const fields = kind?.fields.filter((each) => each.key !== "bot") ?? [];
  const first = fields.filter((each) => each.asked && !each.made);
  const problem = change.error ?? check.error;
  const changed = Object.keys(given).length > 0 || bot !== channel.bot;

  function changes(): { set: Given; unset: string[] } {
    const set: Given = bot === channel.bot ? {} : { bot };
    const unset: string[] = [];
    for (const field of fields) {
      if (!(field.key in given)) continue;
      const value = meant(field, given[field.key]);
      if (value !== undefined) set[field.key] = value;
      else if (field.shape !== "secret") unset.push(field.key);
    }
    return { set, unset };
  }

  const input = (field: ChannelField) => {
    const seen = channel.settings.find((each) => each.name === field.key);
    return (
      <Field
        key={field.key}
        kind={channel.kind}
        field={field}
        disabled={!may}
        value={given[field.key] ?? (seen?.given === true && !seen.secret ? shown(seen.value) : undefined)}
        isSet={seen?.secret === true && seen.value === true}
        error={wrongAt(problem, field.key)}
        onChange={(value) => give({ ...given, [field.key]: value })}
      />
    );
  };

  return (
    <form
      className={`${bots.form} ${bots.section}`}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(changes());
      }}
    >
      <h2>{t("form.title")}</h2>
      <NativeSelect
        label={t("new.bot")}
        data={[...new Set([channel.bot, ...(known.data?.items.map((each) => each.id) ?? [])])]}
        value={bot}
        disabled={!may}
        error={wrongAt(problem, "bot")}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {first.map(input)}
      <details className={styles.more}>
        <summary>{t("form.more", { count: fields.length - first.length })}</summary>
        <div className={bots.form}>{fields.filter((each) => !first.includes(each)).map(input)}</div>
      </details>
      <Failure error={wrongElsewhere(problem, "bot", ...fields.map((each) => each.key))} />
      {(check.running || check.lines.length > 0) && <Links lines={check.lines} running={check.running} />}
      {may && (
        <div className={bots.buttons}>
          <Button type="submit" disabled={!changed} loading={change.isPending}>
            {t("shell:save")}
          </Button>
          <Button
            variant="default"
            disabled={!changed || check.running}
            onClick={() => {
              const { set, unset } = changes();
              void check.run(asking.check(channel.id, set, unset));
            }}
          >
            {t("check.try")}
          </Button>
        </div>
      )}
    </form>
  );
}

function shown(value: unknown): string | boolean {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.join(", ");
  return value === null || value === undefined ? "" : String(value);
}
