import { useCallback, useRef, useState } from "react";

import { Refused } from "./api";
import type { Act } from "./api";
import { useWire } from "./wire";

interface Unsent {
  person: string | null;
  what: Act;
}

export interface Writing {
  write: (what: Act) => void;
  /** What did not leave, oldest first. */
  unsent: Unsent[];
  /** Try those again, in order. */
  again: () => void;
  /** Why the phone refused something; trying again would not help. */
  problem: string | null;
  setProblem: (problem: string | null) => void;
}

/** Does one thing after the other, so that messages arrive in the order they were written. */
export function useWriting(person: string | null): Writing {
  const { act } = useWire();
  const [unsent, setUnsent] = useState<Unsent[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const last = useRef<Promise<void>>(Promise.resolve());

  const put = useCallback(
    (one: Unsent) => {
      last.current = last.current
        .then(() => act(one.person, one.what))
        .catch((error: unknown) => {
          if (error instanceof Refused) setProblem(error.message);
          else setUnsent((others) => [...others, one]);
        });
    },
    [act],
  );

  const write = useCallback((what: Act) => put({ person, what }), [put, person]);
  const again = useCallback(() => {
    setUnsent([]);
    unsent.forEach(put);
  }, [unsent, put]);

  return { write, unsent, again, problem, setProblem };
}
