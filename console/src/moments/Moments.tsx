import { Alert, Button, Code, Text, Title } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { resume, story } from "../phone/api";
import type { PhoneState } from "../phone/api";
import { duration, exactTime } from "../time";
import { Timeline } from "./Timeline";
import { byTurn, phaseAfter, PHASES } from "./turns";
import type { TurnOfMoments } from "./turns";
import { labelOf, wordFor } from "./words";

import styles from "./Moments.module.css";

const MOVING_MS = 500;
const QUIET_MS = 3000;
/** After the last message, statuses may still come. */
const SETTLES_S = 15;

function moving(state: PhoneState | undefined): boolean {
  if (state === undefined) return false;
  const last = state.messages.at(-1);
  const fresh = last !== undefined && Date.now() / 1000 - last.at < SETTLES_S;
  return state.typing || state.webhook.pending > 0 || fresh;
}

export function Moments({ state }: { state: PhoneState | undefined }) {
  const person = state?.person;
  const query = useQuery({
    queryKey: ["moments", person?.id],
    queryFn: () => story(person),
    enabled: person !== undefined,
    refetchInterval: () => (moving(state) ? MOVING_MS : QUIET_MS),
  });
  // One choice for all turns: who reads the list reads all of them.
  const [listed, setListed] = useLocalStorage({ key: "moments-listed", defaultValue: false });
  const turns = query.data ? byTurn(query.data.moments) : [];
  return (
    <section className={styles.moments} data-testid="moments" aria-label="What happened">
      <div className={styles.head}>
        <Title order={2} size="h4">
          What happened
        </Title>
        <ul className={styles.legend} aria-label="Colours">
          {PHASES.map(({ phase, label, colour }) => (
            <li key={phase}>
              <span className={styles.swatch} style={{ background: colour }} aria-hidden />
              {label}
            </li>
          ))}
        </ul>
      </div>
      {query.data?.stopped && <Stopped reason={query.data.stopped} onResumed={() => void query.refetch()} />}
      {turns.length === 0 ? (
        <Nothing loading={query.isPending} absent={query.data === null} failed={query.isError} />
      ) : (
        turns.map((turn, index) => (
          <Turn
            key={turn.key}
            turn={turn}
            now={query.dataUpdatedAt / 1000}
            failed={state?.failed_tries ?? []}
            hint={index === 0 ? "Point at a row, or reach it with Tab, and it tells its seconds." : ""}
            listed={listed}
            onList={setListed}
          />
        ))
      )}
    </section>
  );
}

/** The provider refused everything: the queue waits, and an operator has to say when to go on. */
function Stopped({ reason, onResumed }: { reason: string; onResumed: () => void }) {
  return (
    <Alert color="red" mb="sm" title="The channel is stopped" data-testid="stopped">
      {reason}. Messages are still taken and their answers keep their places. Once the token is good again, an operator
      runs <Code>turnkeeper channel resume</Code>; here you can{" "}
      <Button size="compact-sm" color="red" onClick={() => void resume().finally(onResumed)}>
        Resume
      </Button>
    </Alert>
  );
}

function Nothing(props: { loading: boolean; absent: boolean; failed: boolean }) {
  let text = "Nothing yet. Write something: every step from your message to the blue ticks is listed here.";
  if (props.loading) text = "Loading …";
  else if (props.absent) text = "This server does not record the moments of a turn. Everything else works.";
  else if (props.failed) text = "The moments cannot be read just now.";
  return (
    <Text className={styles.nothing} size="sm" data-testid="no-moments">
      {text}
    </Text>
  );
}

interface TurnProps {
  turn: TurnOfMoments;
  now: number;
  failed: number[];
  hint: string;
  listed: boolean;
  onList: (listed: boolean) => void;
}

function Turn({ turn, now, failed, hint, listed, onList }: TurnProps) {
  return (
    <article className={styles.turn} aria-label={titleOf(turn)}>
      <header className={styles.title}>
        <h3>{titleOf(turn)}</h3>
        <span>
          {exactTime(turn.started_at)} · {duration(turn.seconds)}
        </span>
      </header>
      <Timeline moments={turn.moments} now={now} failed={failed} hint={hint} />
      <details open={listed} onToggle={(event) => onList(event.currentTarget.open)}>
        <summary>Every moment ({turn.moments.length})</summary>
        <ol className={styles.list}>
          {turn.moments.map((moment, index) => (
            <li key={index} className={styles.moment} data-testid="moment" data-kind={moment.kind}>
              <span className={styles.at}>+{duration(moment.at - turn.started_at)}</span>
              <span className={styles.dot} data-after={phaseAfter(moment.kind)} aria-hidden />
              <span className={styles.what}>
                <b>{wordFor(moment.kind)}</b>
                <span className={styles.label} dir="auto" title={moment.text}>
                  {labelOf(moment)}
                </span>
                {moment.detail !== undefined && <small dir="auto">{moment.detail}</small>}
              </span>
            </li>
          ))}
        </ol>
      </details>
    </article>
  );
}

function titleOf({ turn }: TurnOfMoments): string {
  return turn === null ? "Not in a turn yet" : `Turn ${turn}`;
}
