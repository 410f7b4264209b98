import styles from "./Wordmark.module.css";

export function Wordmark() {
  return (
    <div className={styles.wordmark}>
      <img src="./icon.svg" alt="" width={24} height={24} />
      Turnkeeper
    </div>
  );
}
