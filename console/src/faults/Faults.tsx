import { Button, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import type { FormEvent } from "react";

import { turnSwitch, writeAsOwner } from "../phone/api";
import type { PhoneState, Seen } from "../phone/api";
import { exactTime } from "../time";

import styles from "./Faults.module.css";

/** What is to be seen while a switch is on. */
const EXPECT: Record<string, string> = {
  rate_limited: "The whole number slows down, 5 s, 10 s, 20 s; the answer leaves once this is off.",
  server_error: "Tried four times with growing pauses, then given up and said so.",
  timeout: "Nobody knows whether it arrived: no status comes, so it is sent once more after 30 s.",
  connection_lost: "Its status tells that it arrived: one bubble, never two.",
  duplicates: "Each counts once: one bubble, one answer.",
  reordering: "Ticks never go back, and no message is lost.",
  outage: "Your messages keep their clock; once this is off they arrive, and are answered together.",
  token_revoked: "The channel stops at the first refusal; its queue waits until it is resumed.",
  window_closed: "Answers fail and say why; only “template” gets through.",
};

/** Switches that break the provider at once, and what the provider saw since. */
export function Faults({ state }: { state: PhoneState }) {
  const [problem, setProblem] = useState<string | null>(null);
  // Shown at once, until the server tells how they stand.
  const [asked, setAsked] = useState<Record<string, boolean>>({});
  const on = state.switches.filter((each) => each.on);
  useEffect(() => setAsked({}), [state.switches]);

  function turn(name: string, to: boolean) {
    setProblem(null);
    setAsked((others) => ({ ...others, [name]: to }));
    turnSwitch(name, to).catch(() => {
      setAsked({});
      setProblem("The switch could not be turned: the server does not answer.");
    });
  }

  return (
    <section className={styles.faults} data-testid="faults" aria-label="Break things">
      <div className={styles.head}>
        <Title order={2} size="h4">
          Break things
        </Title>
        <Button
          size="compact-sm"
          variant="light"
          disabled={on.length === 0}
          onClick={() => on.forEach(({ name }) => turn(name, false))}
        >
          Mend all
        </Button>
      </div>
      <Text size="sm" c="var(--ink-soft)" mb="sm">
        The provider behind the phone misbehaves from the moment a switch is on. Write something, and watch the phone
        and what happened: nothing is lost, and nothing comes twice.
      </Text>
      {problem !== null && (
        <Text role="alert" size="sm" c="var(--wrong)">
          {problem}
        </Text>
      )}
      <ul className={styles.switches}>
        {state.switches.map((each) => (
          <li key={each.name}>
            <label>
              <input
                type="checkbox"
                role="switch"
                data-testid={`switch-${each.name}`}
                checked={asked[each.name] ?? each.on}
                onChange={(event) => turn(each.name, event.currentTarget.checked)}
              />
              <span className={styles.knob} aria-hidden />
              <span>
                <b>{each.title}</b>
                <small>{each.effect}</small>
                {EXPECT[each.name] !== undefined && <small>{EXPECT[each.name]}</small>}
              </span>
            </label>
          </li>
        ))}
      </ul>
      <Owner person={state.person.id} name={state.person.name ?? "this person"} />
      <Provider seen={state.seen} pending={state.webhook.pending} />
    </section>
  );
}

function Owner({ person, name }: { person: string; name: string }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(false);
  function write(event: FormEvent) {
    event.preventDefault();
    setProblem(false);
    writeAsOwner(person, text.trim())
      .then(() => setText(""))
      .catch(() => setProblem(true));
  }
  return (
    <form className={styles.owner} onSubmit={write}>
      <label htmlFor="owner">Answer {name} from the business’s own phone</label>
      <div>
        <input
          id="owner"
          data-testid="owner"
          value={text}
          maxLength={4096}
          placeholder="What its owner types in the WhatsApp app"
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="light" disabled={text.trim() === ""}>
          Send
        </Button>
      </div>
      <p>An echo tells the server. In this demo the owner then has the conversation for a minute: the bot is silent.</p>
      {problem && <small role="alert">That did not leave. Try again.</small>}
    </form>
  );
}

function Provider({ seen, pending }: { seen: Seen; pending: number }) {
  const totals = [
    ["messages sent to it", seen.sends],
    ["of them refused or unanswered", seen.refused],
    ["webhooks that it sent", seen.webhooks],
    ["of them tried again", seen.retries],
    ["not taken", seen.unanswered],
    ["waiting", pending],
  ] as const;
  return (
    <>
      <Title order={3} size="h5" mt="lg" mb="xs">
        What the provider saw
      </Title>
      <dl className={styles.totals} data-testid="seen">
        {totals.map(([label, count]) => (
          <div key={label}>
            <dd>{count}</dd>
            <dt>{label}</dt>
          </div>
        ))}
      </dl>
      {seen.lines.length === 0 ? (
        <Text size="sm" c="var(--ink-soft)">
          No call and no webhook yet.
        </Text>
      ) : (
        <ol className={styles.lines} aria-label="Newest first">
          {seen.lines.map((line, index) => (
            <li key={`${line.at} ${line.what} ${index}`} data-ok={line.ok || undefined}>
              <time>{exactTime(line.at)}</time>
              <span>
                {line.way === "in" ? "→" : "←"} {line.what}
              </span>
              <b>{line.answer}</b>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
