import { useState } from "react";

import { chartOf, wordsOf } from "./bars";
import type { Lane } from "./bars";
import type { Moment } from "../phone/api";

import styles from "./Timeline.module.css";

interface Props {
  moments: Moment[];
  /** Unix seconds: when the moments were read. */
  now: number;
  /** When sends to this person failed. */
  failed: number[];
  /** What to say while no bar is pointed at. */
  hint: string;
}

/** The turn as bars: what took how long, and what waited for what. A lane under the pointer or in focus tells its seconds. */
export function Timeline({ moments, now, failed, hint }: Props) {
  const [told, setTold] = useState<string | null>(null);
  const chart = chartOf(moments, now, failed);
  const span = chart.to - chart.from;
  const place = (at: number) => `${(((at - chart.from) / span) * 100).toFixed(3)}%`;
  return (
    <div className={styles.chart}>
      <ul className={styles.lanes} aria-label="The turn on an axis of time">
        {chart.lanes.map((lane) => {
          const words = wordsOf(lane, chart.from);
          return (
            <li
              key={lane.key}
              className={styles.lane}
              data-testid="lane"
              data-kind={lane.kind}
              data-open={lane.open || undefined}
              tabIndex={0}
              aria-label={words}
              onMouseEnter={() => setTold(words)}
              onMouseLeave={() => setTold(null)}
              onFocus={() => setTold(words)}
              onBlur={() => setTold(null)}
            >
              <span className={styles.name} dir="auto">
                {lane.name}
              </span>
              <Track lane={lane} place={place} />
            </li>
          );
        })}
      </ul>
      <div className={styles.axis} aria-hidden>
        {chart.ticks.map((tick) => (
          <span key={tick} style={{ left: place(chart.from + tick) }}>
            {Number(tick.toPrecision(3))} s
          </span>
        ))}
      </div>
      <p className={styles.told} aria-hidden>
        {told ?? hint}
      </p>
    </div>
  );
}

function Track({ lane, place }: { lane: Lane; place: (at: number) => string }) {
  return (
    <span className={styles.track} aria-hidden>
      {lane.bars.map((bar, index) => (
        <i
          key={index}
          data-shade={bar.shade}
          style={{ left: place(bar.from), right: `calc(100% - ${place(bar.to)})` }}
        />
      ))}
      {lane.marks.map((mark, index) => (
        <b key={index} data-shade={mark.shade} style={{ left: place(mark.at) }} title={mark.label} />
      ))}
    </span>
  );
}
