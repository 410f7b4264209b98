import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { api, unwrap } from "../api/client";
import { Skeletons } from "../parts/Skeletons";
import { useMay } from "../shell/me";
import { Page } from "../shell/Page";
import { Says } from "../shell/Says";

import { AnswerTimes } from "./AnswerTimes";
import { MessageBars } from "./MessageBars";
import { Needs } from "./Needs";
import { Reasons } from "./Reasons";
import { Sums } from "./Sums";

import styles from "./Overview.module.css";

const SPANS = ["day", "week", "month"] as const;
type Span = (typeof SPANS)[number];
const AGAIN_MS = 30_000;

/** What happened in the last day, week or month, and what needs somebody now. */
export default function OverviewPage() {
  const { t } = useTranslation("overview");
  const [span, setSpan] = useState<Span>("day");
  const found = useQuery({
    queryKey: ["overview", span],
    queryFn: async () => unwrap(await api.GET("/api/v1/overview", { params: { query: { span } } })),
    refetchInterval: AGAIN_MS,
    placeholderData: (before) => before,
  });
  const spans = (
    <SegmentedControl
      aria-label={t("span")}
      value={span}
      onChange={(value) => setSpan(value as Span)}
      data={SPANS.map((value) => ({ value, label: t(`spans.${value}`) }))}
    />
  );
  if (found.data === undefined) {
    return (
      <Page title={t("title")} actions={spans}>
        {found.error === null ? <Skeletons rows={5} height={96} /> : <Says title={found.error.message} />}
      </Page>
    );
  }
  const told = found.data;
  if (told.received + told.sent === 0 && told.needs.length === 0 && span === "month") {
    return (
      <Page title={t("title")} actions={spans}>
        <Says title={t("empty.title")} action={<First />}>
          {t("empty.says")}
        </Says>
      </Page>
    );
  }
  return (
    <Page title={t("title")} actions={spans}>
      <Sums told={told} />
      <Needs needs={told.needs} />
      <MessageBars stretches={told.stretches} step={told.step} />
      <AnswerTimes times={told.answer_time} />
      <div className={styles.two}>
        <Reasons title={t("drops.title")} counts={told.drops} none={told.received > 0 ? t("drops.none") : t("drops.empty")} />
        <Reasons title={t("drops.sends")} counts={told.send_failures} />
      </div>
    </Page>
  );
}

function First() {
  const { t } = useTranslation("overview");
  const admin = useMay("admin");
  return (
    <div className={styles.first}>
      {admin && (
        <Button component={Link} href="/channels">
          {t("empty.channel")}
        </Button>
      )}
      <Button component={Link} href="/simulator" variant="default">
        {t("empty.simulator")}
      </Button>
    </div>
  );
}
