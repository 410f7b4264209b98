import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { PhonePage } from "../phone/PhonePage";
import { usePhone } from "../phone/usePhone";
import { Page } from "../shell/Page";

import styles from "./SimulatorPage.module.css";

export default function SimulatorPage() {
  const { t } = useTranslation(["simulator", "shell"]);
  const phone = usePhone();
  if (phone.absent) return <Page title={t("title")}>{null}</Page>;
  if (phone.state === undefined && !phone.away) {
    return (
      <div className={styles.middle}>
        <Loader role="status" aria-label={t("shell:loading")} />
      </div>
    );
  }
  return <PhonePage phone={phone} />;
}
