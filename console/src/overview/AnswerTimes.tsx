import { useTranslation } from "react-i18next";

import type { components } from "../api/schema";
import { duration } from "../time";

import styles from "./Overview.module.css";

/** How long answers took, split in its parts: what half and nearly all of them stayed within. */
export function AnswerTimes({ times }: { times: components["schemas"]["AnswerTime"][] }) {
  const { t } = useTranslation("overview");
  const longest = Math.max(0.001, ...times.map((each) => each.p95 ?? 0));
  const some = times.some((each) => each.times > 0);
  return (
    <section className={styles.panel}>
      <div className={styles.panelHead}>
        <h2>{t("time.title")}</h2>
      </div>
      <p className={styles.small}>{some ? t("time.says") : t("time.none")}</p>
      {some && (
        <table className={styles.times}>
          <thead>
            <tr>
              <th scope="col">{t("time.part")}</th>
              <td className={styles.track} />
              <th scope="col">{t("time.half")}</th>
              <th scope="col">{t("time.most")}</th>
            </tr>
          </thead>
          <tbody>
            {times.map((each) => (
              <tr key={each.part} data-part={each.part}>
                <th scope="row">{t(`time.parts.${each.part}`)}</th>
                <td className={styles.track} aria-hidden>
                  <span className={styles.lane}>
                    <i data-share="p95" style={{ inlineSize: `${(100 * (each.p95 ?? 0)) / longest}%` }} />
                    <i data-share="p50" style={{ inlineSize: `${(100 * (each.p50 ?? 0)) / longest}%` }} />
                  </span>
                </td>
                <td>{each.p50 === null ? "–" : duration(each.p50)}</td>
                <td>{each.p95 === null ? "–" : duration(each.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
