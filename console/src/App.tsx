import { Loader } from "@mantine/core";

import { FirstPage } from "./first/FirstPage";
import { PhonePage } from "./phone/PhonePage";
import { usePhone } from "./phone/usePhone";

import styles from "./App.module.css";

export function App() {
  const phone = usePhone();
  if (phone.absent) return <FirstPage />;
  if (phone.state === undefined && !phone.away) {
    return (
      <div className={styles.middle}>
        <Loader aria-label="Loading" />
      </div>
    );
  }
  return <PhonePage phone={phone} />;
}
