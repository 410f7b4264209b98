import { useTranslation } from "react-i18next";

import { Page } from "../shell/Page";

export default function BotsPage() {
  const { t } = useTranslation("bots");
  return <Page title={t("title")}>{null}</Page>;
}
