import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { FormEvent } from "react";

import { addPerson } from "./api";
import type { PhoneState } from "./api";
import { Icon } from "../icons";
import { Dialog } from "../parts/Dialog";
import { initials } from "./Phone";

import composer from "./Composer.module.css";
import styles from "./People.module.css";

interface Props {
  state: PhoneState;
  onSelect: (person: string) => void;
}

/** Whose phone is in hand; a number says how many messages wait on the others. */
export function People({ state, onSelect }: Props) {
  const [adding, setAdding] = useState(false);
  const shown = useRef(new Map<string, number>());
  useEffect(() => {
    for (const { id, received } of state.people) {
      // What came before this page was opened is not new.
      if (id === state.person.id || !shown.current.has(id)) shown.current.set(id, received);
    }
  }, [state]);

  return (
    <nav className={styles.people} aria-label="People">
      {state.people.map((person) => {
        const current = person.id === state.person.id;
        const waiting = current ? 0 : person.received - (shown.current.get(person.id) ?? person.received);
        const name = person.name ?? "Somebody";
        const reach = person.phone === null ? `@${person.username}` : `+${person.phone}`;
        return (
          <button
            key={person.id}
            type="button"
            className={styles.person}
            data-testid="person"
            aria-current={current || undefined}
            title={`${name}, ${reach}`}
            onClick={() => onSelect(person.id)}
          >
            <span className={styles.face} aria-hidden>
              {initials(name)}
            </span>
            {name}
            {waiting > 0 && <b aria-label={`${waiting} new`}>{waiting}</b>}
          </button>
        );
      })}
      <button type="button" className={styles.add} data-testid="add-person" onClick={() => setAdding(true)}>
        <Icon name="attach" size={16} />
        <span>Add a person</span>
      </button>
      {adding && <AddPerson onClose={() => setAdding(false)} onAdded={onSelect} />}
    </nav>
  );
}

const NAMES = ["Bo", "Chidi", "Dora", "Emil", "Fatima", "Goran", "Hana"];

function AddPerson({ onClose, onAdded }: { onClose: () => void; onAdded: (person: string) => void }) {
  const [name, setName] = useState(() => NAMES[Math.floor(Math.random() * NAMES.length)] ?? "Bo");
  const [reach, setReach] = useState<"phone" | "username">("phone");
  const [problem, setProblem] = useState<string | null>(null);

  function add(event: FormEvent) {
    event.preventDefault();
    addPerson(name, reach)
      .then(({ id }) => {
        onClose();
        onAdded(id);
      })
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : "That did not work."));
  }

  return (
    <Dialog title="Add a person" onClose={onClose}>
      <form className={composer.form} onSubmit={add}>
        <label>
          Name
          <input
            required
            autoFocus
            maxLength={60}
            pattern=".*\S.*"
            value={name}
            onFocus={(event) => event.currentTarget.select()}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <fieldset>
          <label>
            <input type="radio" name="reach" checked={reach === "phone"} onChange={() => setReach("phone")} />
            With a phone number
          </label>
          <label>
            <input type="radio" name="reach" checked={reach === "username"} onChange={() => setReach("username")} />
            Only a username: the number stays hidden
          </label>
        </fieldset>
        {problem !== null && <span role="alert">{problem}</span>}
        <Button type="submit">Take up this phone</Button>
      </form>
    </Dialog>
  );
}
