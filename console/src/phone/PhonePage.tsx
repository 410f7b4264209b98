import { Badge, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Moments } from "../moments/Moments";
import { useTitle } from "../shell/Page";
import { People } from "./People";
import { Phone } from "./Phone";
import type { PhoneLink } from "./usePhone";

import styles from "./PhonePage.module.css";

const Faults = lazy(() => import("../faults/Faults").then((all) => ({ default: all.Faults })));

type View = "phone" | "moments" | "faults";

/** The phone on the left; what happened, or what to break, on the right. On a narrow screen one of the three. */
export function PhonePage({ phone }: { phone: PhoneLink }) {
  const { t } = useTranslation("simulator");
  useTitle(t("title"));
  const narrow = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  const [chosen, setView] = useState<View>("phone");
  const view = !narrow && chosen === "phone" ? "moments" : chosen;
  const broken = phone.state?.switches.filter(({ on }) => on).length ?? 0;
  const views = [
    ...(narrow ? [{ value: "phone", label: "Phone" }] : []),
    { value: "moments", label: "What happened" },
    { value: "faults", label: broken > 0 ? `Break things (${broken})` : "Break things" },
  ];
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <b className={styles.title}>{t("title")}</b>
        <Link href="/simulator/bots">{t("any")}</Link>
        {!narrow && <WebhookBadge phone={phone} />}
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={view}
          onChange={(value) => setView(value as View)}
          data={views}
        />
      </header>
      <div className={styles.main}>
        {/* Hidden, not removed: what was typed and scrolled stays. */}
        <div className={styles.left} hidden={narrow && view !== "phone"}>
          {phone.state !== undefined && <People state={phone.state} onSelect={phone.select} />}
          <div className={styles.phone}>
            <Phone link={phone} />
          </div>
        </div>
        <div className={styles.right} hidden={view !== "moments"}>
          <Moments state={phone.state} />
        </div>
        {view === "faults" && phone.state !== undefined && (
          <div className={styles.right}>
            <Suspense>
              <Faults state={phone.state} />
            </Suspense>
          </div>
        )}
      </div>
    </div>
  );
}

function WebhookBadge({ phone }: { phone: PhoneLink }) {
  const webhook = phone.state?.webhook;
  if (webhook === undefined) return null;
  const status = webhook.last_status ?? (phone.state?.seen.webhooks ? "no answer" : "none yet");
  const good = webhook.last_status === 200 || phone.state?.seen.webhooks === 0;
  return (
    <div className={styles.webhook} title={webhook.url}>
      {webhook.pending > 0 && <span>{webhook.pending} waiting</span>}
      <Badge variant="light" color={good ? "pine" : "red"} tt="none" fw={500}>
        last webhook: {status}
      </Badge>
    </div>
  );
}
