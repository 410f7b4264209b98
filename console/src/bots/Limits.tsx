import { Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "../shell/me";
import { changeBot, settingOf, useChange, wrongAt, wrongElsewhere } from "./api";
import type { Bot, Given } from "./api";
import { Failure } from "../parts/Failure";

import styles from "./Bots.module.css";

const WAITING = ["quiet", "max_wait"] as const;
const SPEND = ["turn_tokens", "daily_tokens", "turn_cost", "daily_cost"] as const;
const TOOLS = ["tool_rounds", "tool_calls", "tool_timeout"] as const;
const OFF_WHEN_EMPTY: readonly string[] = SPEND;
const PERIODS = ["second", "minute", "hour", "day"] as const;
type Named = (typeof WAITING)[number] | (typeof SPEND)[number] | (typeof TOOLS)[number];

/** How long a bot waits, how much it takes, and what one contact may send. */
export function Limits({ bot }: { bot: Bot }) {
  const { t } = useTranslation(["bots", "shell"]);
  const may = useMay("admin") && bot.source === "console";
  const [given, give] = useState<Given>({});
  const change = useChange("bots", () => changeBot(bot, given));
  const value = (name: string) => (name in given ? given[name] : settingOf(bot, name)?.value);
  const set = (name: string, next: unknown) => give({ ...given, [name]: next });
  const shown: string[] = [];
  const there = (name: string) => shown.push(name) > 0 && settingOf(bot, name) !== undefined;
  const number = (name: Named) =>
    there(name) && (
      <NumberInput
        key={name}
        label={t(`limits.${name}.title`)}
        description={t(`limits.${name}.says`)}
        placeholder={OFF_WHEN_EMPTY.includes(name) ? t("limits.off") : undefined}
        min={0}
        disabled={!may}
        value={typeof value(name) === "number" ? (value(name) as number) : ""}
        error={wrongAt(change.error, name)}
        onChange={(next) => set(name, next === "" ? (OFF_WHEN_EMPTY.includes(name) ? "off" : undefined) : next)}
      />
    );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(undefined, { onSuccess: () => give({}) });
      }}
    >
      <h2>{t("limits.waiting")}</h2>
      <div className={styles.pair}>{WAITING.map(number)}</div>
      {there("adaptive") && (
        <Switch
          label={t("limits.adaptive.title")}
          description={t("limits.adaptive.says")}
          disabled={!may}
          checked={value("adaptive") === true}
          onChange={(event) => set("adaptive", event.currentTarget.checked)}
        />
      )}
      {there("overlap") && (
        <Select
          label={t("limits.overlap.title")}
          description={t("limits.overlap.says")}
          allowDeselect={false}
          disabled={!may}
          data={(["interrupt", "queue", "drop"] as const).map((each) => ({ value: each, label: t(`limits.overlaps.${each}`) }))}
          value={String(value("overlap"))}
          onChange={(next) => set("overlap", next)}
        />
      )}
      <h2>{t("limits.rate")}</h2>
      <Rate written={value("rate_limit")} may={may} error={wrongAt(change.error, "rate_limit")} onChange={(next) => set("rate_limit", next)} />
      {there("rate_notice") && (
        <TextInput
          label={t("limits.rate_notice.title")}
          description={t("limits.rate_notice.says")}
          dir="auto"
          disabled={!may}
          value={String(value("rate_notice") ?? "")}
          error={wrongAt(change.error, "rate_notice")}
          onChange={(event) => set("rate_notice", event.currentTarget.value)}
        />
      )}
      {settingOf(bot, "turn_tokens") !== undefined && (
        <>
          <h2>{t("limits.spend")}</h2>
          <div className={styles.pair}>{SPEND.map(number)}</div>
          <h2>{t("limits.tools")}</h2>
          <div className={styles.pair}>{TOOLS.map(number)}</div>
        </>
      )}
      <Failure error={wrongElsewhere(change.error, ...shown, "rate_limit")} />
      {may && (
        <div className={styles.buttons}>
          <Button type="submit" loading={change.isPending} disabled={Object.keys(given).length === 0}>
            {t("shell:save")}
          </Button>
          <span role="status" className={styles.soft}>
            {change.isSuccess && Object.keys(given).length === 0 ? t("changed") : ""}
          </span>
        </div>
      )}
    </form>
  );
}

interface RateProps {
  written: unknown;
  may: boolean;
  error: string | undefined;
  onChange: (written: string) => void;
}

/** `10/minute` as a number and a period; no number: no limit. */
function Rate({ written, may, error, onChange }: RateProps) {
  const { t } = useTranslation("bots");
  const [number, period = "minute"] = typeof written === "string" && written !== "off" ? written.split("/") : [""];
  const known = PERIODS.includes(period as (typeof PERIODS)[number]);
  const periods = PERIODS.map((each) => ({ value: each as string, label: t(`limits.periods.${each}`) }));
  return (
    <div className={styles.pair}>
      <NumberInput
        label={t("limits.rate_limit.title")}
        description={t("limits.rate_limit.says")}
        placeholder={t("limits.off")}
        min={1}
        max={999_999}
        allowDecimal={false}
        disabled={!may}
        error={error}
        value={number === "" || number === undefined ? "" : Number(number)}
        onChange={(next) => onChange(next === "" ? "off" : `${next}/${period}`)}
      />
      <Select
        label={t("limits.period")}
        description={t("limits.periodSays")}
        allowDeselect={false}
        disabled={!may}
        data={known ? periods : [...periods, { value: period, label: period }]}
        value={period}
        onChange={(next) => onChange(number ? `${number}/${next ?? period}` : "off")}
      />
    </div>
  );
}
