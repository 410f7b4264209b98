import { useCallback, useRef, useState } from "react";

import { writeMessage } from "../api";

export interface Writing {
  write: (text: string) => void;
  /** Texts that did not leave, oldest first. */
  unsent: string[];
  /** Try those again, in order. */
  again: () => void;
  busy: boolean;
}

/** Sends texts one after the other, so that they arrive in the order they were written. */
export function useWriting(): Writing {
  const [unsent, setUnsent] = useState<string[]>([]);
  const [under, setUnder] = useState(0);
  const last = useRef<Promise<void>>(Promise.resolve());

  const write = useCallback((text: string) => {
    setUnder((count) => count + 1);
    last.current = last.current
      .then(() => writeMessage(text))
      .catch(() => setUnsent((texts) => [...texts, text]))
      .finally(() => setUnder((count) => count - 1));
  }, []);

  const again = useCallback(() => {
    setUnsent([]);
    unsent.forEach(write);
  }, [unsent, write]);

  return { write, unsent, again, busy: under > 0 };
}
