import { useTranslation } from "react-i18next";

import { exactTime } from "../time";
import { Section } from "./Section";
import type { Event, Turn } from "./told";

import styles from "./Exchange.module.css";

/** What was heard and said, and beside each thing that was not answered why. */
export function Exchange({ turn }: { turn: Turn }) {
  const { t } = useTranslation(["trace", "thread"]);
  const delivered = (state: string) => t(`thread:delivery.${state}` as never, { defaultValue: state }) as string;
  return (
    <Section title={t("heard.title")}>
      <h3 className={styles.title}>{t("heard.person")}</h3>
      <Events events={turn.events} />
      <h3 className={styles.title}>{t("heard.bot")}</h3>
      {turn.sent.length === 0 && <p className={styles.soft}>{t("heard.none")}</p>}
      <ol className={styles.list}>
        {turn.sent.map((row, at) => (
          <li key={at} data-bad={row.reason !== null || undefined}>
            <span className={styles.words} dir="auto">
              {row.text === "" ? `[${row.kind}]` : row.text}
            </span>
            <span className={styles.soft}>
              {[delivered(row.state), row.code, row.reason].filter((each) => each !== null).join(" · ")}
            </span>
          </li>
        ))}
      </ol>
      {turn.beside.length > 0 && (
        <>
          <h3 className={styles.title}>{t("heard.beside")}</h3>
          <Events events={turn.beside} />
        </>
      )}
      <Others turn={turn} />
    </Section>
  );
}

function Events({ events }: { events: Event[] }) {
  const { t } = useTranslation("thread");
  const became = (state: string) => t(`state.${state}` as never, { defaultValue: state }) as string;
  const because = (reason: string | null | undefined) =>
    reason == null ? null : (t(`reason.${reason}` as never, { defaultValue: reason }) as string);
  return (
    <ol className={styles.list}>
      {events.map((event) => (
        <li key={event.seq} data-bad={event.reason !== null || undefined}>
          <span className={styles.words} dir="auto">
            {event.text === "" ? `[${event.kind}]` : event.text}
          </span>
          <span className={styles.soft}>
            {[exactTime(event.received_at), became(event.state), because(event.reason)].filter((each) => each != null).join(" · ")}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Others({ turn }: { turn: Turn }) {
  const { t } = useTranslation("trace");
  return (
    <>
      {turn.refused.length > 0 && <h3 className={styles.title}>{t("heard.refused")}</h3>}
      <ol className={styles.list}>
        {turn.refused.map((file, at) => (
          <li key={at} data-bad>
            <span className={styles.words} dir="auto">
              {file.filename ?? file.reason}
            </span>
            <span className={styles.soft}>{[file.reason, file.detail].filter((each) => each !== null).join(": ")}</span>
          </li>
        ))}
      </ol>
      {turn.payments.length > 0 && <h3 className={styles.title}>{t("heard.payments")}</h3>}
      <ol className={styles.list}>
        {turn.payments.map((payment, at) => (
          <li key={at}>
            <span className={styles.words} dir="auto">
              {payment.name}: {money(payment.amount, payment.currency)}
            </span>
            <span className={styles.soft}>
              {[payment.state, payment.reason].filter((each) => each !== null).join(" · ")}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** From the smallest unit, as the browser writes money. */
function money(amount: number, currency: string): string {
  try {
    const form = new Intl.NumberFormat(undefined, { style: "currency", currency });
    return form.format(amount / 10 ** (form.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${amount} ${currency}`;
  }
}
