import { useEffect, useState } from "react";

import { Refused } from "./api";
import type { PhoneState } from "./api";
import { useWire } from "./wire";
import { Menu, MenuItem } from "../parts/Menu";
import { untilClosed } from "../time";

import styles from "./Phone.module.css";

const TICK_MS = 1000;

interface Props {
  state: PhoneState;
  onProblem: (problem: string) => void;
}

/** How long the business may still write freely; a menu to make it end now. */
export function WindowMenu({ state, onProblem }: Props) {
  const { closeWindow } = useWire();
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now() / 1000), TICK_MS);
    return () => window.clearInterval(timer);
  }, []);
  const { closes_at } = state.window;
  const left = closes_at - Math.max(now, state.window.now);
  const open = closes_at > state.window.now && left > 0;
  const words = open ? untilClosed(left) : "closed";

  function close() {
    closeWindow(state.person.id).catch((error: unknown) => {
      onProblem(error instanceof Refused ? error.message : "The window could not be closed.");
    });
  }

  return (
    <div className={styles.window} data-testid="window" data-open={open || undefined}>
      <Menu
        label={`24-hour window: ${words}`}
        icon={
          <>
            <i aria-hidden />
            <span>{words}</span>
          </>
        }
        className={styles.chip}
      >
        {(shut) => (
          <>
            <p className={styles.about}>
              A business may write freely for 24 hours after your last message; then only templates. Your next message
              opens the window again.
            </p>
            <MenuItem
              onChoose={() => {
                shut();
                if (open) close();
              }}
            >
              {open ? "Close the window now" : "It is closed: write to open it"}
            </MenuItem>
          </>
        )}
      </Menu>
    </div>
  );
}
