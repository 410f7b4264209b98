import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { briefly, duration, exactTime } from "../time";
import { axisOf, endOf, placed } from "./lanes";
import { Section } from "./Section";
import type { Bar } from "./told";

import styles from "./Bars.module.css";

interface Props {
  bars: Bar[];
  /** Unix seconds: as far as what goes on is drawn. */
  now: number;
  attempts: number;
}

/** What took how long: as bars on an axis of time, or as a table. */
export function Bars({ bars, now, attempts }: Props) {
  const { t } = useTranslation("trace");
  const [shape, setShape] = useState("bars");
  const control = (
    <SegmentedControl
      size="xs"
      value={shape}
      onChange={setShape}
      aria-label={t("time.title")}
      data={[
        { value: "bars", label: t("time.bars") },
        { value: "table", label: t("time.table") },
      ]}
    />
  );
  return (
    <Section title={t("time.title")} beside={control}>
      {shape === "bars" ? (
        <Chart bars={bars} now={now} attempts={attempts} />
      ) : (
        <Table bars={bars} now={now} attempts={attempts} />
      )}
    </Section>
  );
}

function useWords(now: number, attempts: number) {
  const { t } = useTranslation("trace");
  const took = (bar: Bar) => {
    if (bar.ended_at !== null) return briefly(bar.ended_at - bar.began_at);
    return bar.kind === "step" || bar.kind === "tool" || bar.kind === "model" ? t("time.cutOff") : t("time.goesOn");
  };
  const notes = (bar: Bar) =>
    [
      attempts > 1 && (bar.attempt ?? 0) > 0 ? t("time.attempt", { no: bar.attempt }) : null,
      bar.outcome === "failed" ? t("outcomes.failed") : null,
      bar.detail,
    ].filter((each) => each !== null && each !== undefined);
  const name = (bar: Bar) => {
    const own = bar.label === bar.kind ? "" : bar.label;
    return own === "" ? t(`kinds.${bar.kind}`) : `${t(`kinds.${bar.kind}`)}: ${own}`;
  };
  return { took, notes, name, now };
}

function Chart({ bars, now, attempts }: Props) {
  const { t } = useTranslation("trace");
  const words = useWords(now, attempts);
  const [told, setTold] = useState<string | null>(null);
  const axis = axisOf(bars, now);
  const share = (value: number) => `${(value * 100).toFixed(3)}%`;
  return (
    <div className={styles.chart}>
      <ul className={styles.lanes} aria-label={t("time.axis")}>
        {bars.map((bar, at) => {
          const { from, to } = placed(bar, axis, now);
          const began = duration(bar.began_at - axis.from);
          const line = [t("time.says", { what: words.name(bar), from: began, took: words.took(bar) }), ...words.notes(bar)];
          const says = line.join("; ");
          return (
            <li
              key={at}
              className={styles.lane}
              data-testid="bar"
              data-kind={bar.kind}
              data-outcome={bar.outcome}
              tabIndex={0}
              aria-label={says}
              onMouseEnter={() => setTold(says)}
              onMouseLeave={() => setTold(null)}
              onFocus={() => setTold(says)}
              onBlur={() => setTold(null)}
            >
              <span className={styles.name} dir="auto" aria-hidden>
                {words.name(bar)}
              </span>
              <span className={styles.track} aria-hidden>
                <i style={{ insetInlineStart: `min(${share(from)}, 100% - 3px)`, inlineSize: share(to - from) }} />
              </span>
              <span className={styles.took} aria-hidden>
                {words.took(bar)}
              </span>
            </li>
          );
        })}
      </ul>
      <div className={styles.axis} aria-hidden>
        {axis.ticks.map((tick) => (
          <span key={tick} style={{ insetInlineStart: share(tick / (axis.to - axis.from)) }}>
            {Number(tick.toPrecision(3))} s
          </span>
        ))}
      </div>
      <p className={styles.told} aria-hidden dir="auto">
        {told ?? t("time.hint")}
      </p>
    </div>
  );
}

function Table({ bars, now, attempts }: Props) {
  const { t } = useTranslation("trace");
  const words = useWords(now, attempts);
  return (
    <div className={styles.wide}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("time.what")}</th>
            <th scope="col">{t("time.from")}</th>
            <th scope="col">{t("time.took")}</th>
            <th scope="col">{t("time.how")}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar, at) => (
            <tr key={at} data-outcome={bar.outcome}>
              <th scope="row" dir="auto">
                {words.name(bar)}
              </th>
              <td title={String(endOf(bar, now))}>{exactTime(bar.began_at)}</td>
              <td>{words.took(bar)}</td>
              <td dir="auto">{words.notes(bar).join("; ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
