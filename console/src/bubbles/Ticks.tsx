/** How far a message is, as its sender sees it. */
export type Kind = "clock" | "sent" | "delivered" | "read" | "failed";

import styles from "./Ticks.module.css";

const ONE = "M1.500 6.500l3 3 6-7.500";
const TWO = "M6.500 9l.5.500 6-7.500";

/** One tick, two ticks, two blue ticks; a clock before and a cross after a failure. */
export function Ticks({ kind }: { kind: Kind }) {
  return (
    <svg
      className={styles.ticks}
      data-testid="ticks"
      data-ticks={kind}
      role="img"
      aria-label={kind === "clock" ? "waiting" : kind}
      viewBox="0 0 15 11"
      width={15}
      height={11}
    >
      {kind === "clock" && (
        <>
          <circle cx={7.5} cy={5.5} r={4.5} />
          <path d="M7.500 3v2.700l1.700 1" />
        </>
      )}
      {kind === "failed" && <path d="M4 2l7 7M11 2l-7 7" />}
      {(kind === "sent" || kind === "delivered" || kind === "read") && <path d={ONE} />}
      {(kind === "delivered" || kind === "read") && <path d={TWO} />}
    </svg>
  );
}
