import { useState } from "react";
import { useTranslation } from "react-i18next";

import { queries } from "../api/queries";
import { forgetLink } from "./link";
import { wrongOf } from "./wrong";
import type { Wrong } from "./wrong";

export interface Entering {
  wrong: Wrong;
  busy: boolean;
  enter: () => void;
}

/** One way to come in: what is asked of the server, and what came of it. */
export function useEntering(ask: () => Promise<unknown>): Entering {
  const { t } = useTranslation("signin");
  const [wrong, setWrong] = useState<Wrong>({});
  const [busy, setBusy] = useState(false);

  async function entering(): Promise<void> {
    setBusy(true);
    setWrong({});
    try {
      await ask();
      // Nothing that somebody else saw is left, and the pages ask who it is now.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
      forgetLink();
      await queries.refetchQueries({ queryKey: ["me"] });
    } catch (error) {
      setWrong(wrongOf(error, t));
    } finally {
      setBusy(false);
    }
  }
  return { wrong, busy, enter: () => void (busy || entering()) };
}
