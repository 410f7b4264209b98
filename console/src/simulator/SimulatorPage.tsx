import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch } from "wouter";

import { PhonePage } from "../phone/PhonePage";
import { usePhone } from "../phone/usePhone";
import { Bots } from "./Bots";

import styles from "./SimulatorPage.module.css";

/** The demo's phone where there is one; any bot on any channel everywhere. */
export default function SimulatorPage() {
  return (
    <Switch>
      <Route path="/simulator/bots/:talk?">{({ talk }) => <Bots key={talk} id={talk} />}</Route>
      <Route>
        <Demo />
      </Route>
    </Switch>
  );
}

function Demo() {
  const { t } = useTranslation(["simulator", "shell"]);
  const phone = usePhone();
  if (phone.absent) return <Redirect to="/simulator/bots" replace />;
  if (phone.state === undefined && !phone.away) {
    return (
      <div className={styles.middle}>
        <Loader aria-label={t("shell:loading")} />
      </div>
    );
  }
  return <PhonePage phone={phone} />;
}
