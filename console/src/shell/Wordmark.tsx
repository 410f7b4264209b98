import styles from "./Wordmark.module.css";

export function Wordmark({ small = false }: { small?: boolean }) {
  return (
    <div className={styles.wordmark} data-small={small || undefined}>
      <img src="/icon.svg" alt={small ? "Turnkeeper" : ""} width={26} height={26} />
      {!small && "Turnkeeper"}
    </div>
  );
}
