import { useTranslation } from "react-i18next";

import { Page } from "../shell/Page";

export default function TracePage({ id, turn }: { id: string; turn: string }) {
  const { t } = useTranslation("trace");
  return (
    <Page title={t("title")}>
      {id} {turn}
    </Page>
  );
}
