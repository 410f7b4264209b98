import { useTranslation } from "react-i18next";

import { Page } from "../shell/Page";

export default function ThreadPage({ id }: { id: string }) {
  const { t } = useTranslation("thread");
  return <Page title={t("title")}>{id}</Page>;
}
