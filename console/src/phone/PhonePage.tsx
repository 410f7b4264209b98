import { Badge, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";

import { Moments } from "../moments/Moments";
import { Wordmark } from "../Wordmark";
import { Phone } from "./Phone";
import type { PhoneLink } from "./usePhone";

import styles from "./PhonePage.module.css";

type View = "phone" | "moments";

/** The phone on the left, what happened on the right; on a narrow screen one of the two. */
export function PhonePage({ phone }: { phone: PhoneLink }) {
  const narrow = useMediaQuery("(max-width: 800px)", false, { getInitialValueInEffect: false });
  const [view, setView] = useState<View>("phone");
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Wordmark />
        {narrow ? (
          <SegmentedControl
            size="xs"
            aria-label="View"
            value={view}
            onChange={(value) => setView(value as View)}
            data={[
              { value: "phone", label: "Phone" },
              { value: "moments", label: "What happened" },
            ]}
          />
        ) : (
          <WebhookBadge phone={phone} />
        )}
      </header>
      <main className={styles.main}>
        {/* Hidden, not removed: what was typed and scrolled stays. */}
        <div className={styles.phone} hidden={narrow && view !== "phone"}>
          <Phone link={phone} />
        </div>
        <div className={styles.moments} hidden={narrow && view !== "moments"}>
          <Moments state={phone.state} />
        </div>
      </main>
    </div>
  );
}

function WebhookBadge({ phone }: { phone: PhoneLink }) {
  const webhook = phone.state?.webhook;
  if (webhook === undefined) return null;
  const status = webhook.last_status ?? "none yet";
  const good = webhook.last_status === null || webhook.last_status === 200;
  return (
    <div className={styles.webhook} title={webhook.url}>
      {webhook.pending > 0 && <span>{webhook.pending} waiting</span>}
      <Badge variant="light" color={good ? "pine" : "red"} tt="none" fw={500}>
        last webhook: {status}
      </Badge>
    </div>
  );
}
