import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import type { components } from "../api/schema";
import { Skeletons } from "../parts/Skeletons";
import { Says } from "../shell/Says";
import { MakingToken } from "./MakingToken";
import { Said } from "./Said";
import { Sure } from "./Sure";
import { useWhen } from "./when";

import styles from "./Settings.module.css";

type Token = components["schemas"]["ApiTokenBody"];
const KNOWN = ["read", "answer", "admin", "flows", "events"] as const;

/** What programs show to use the workspace. */
export function TokensTab() {
  const { t } = useTranslation("settings");
  const [making, setMaking] = useState(false);
  const found = useQuery({
    queryKey: ["api-tokens"],
    queryFn: async () => unwrap(await api.GET("/api/v1/api-tokens")),
  });
  return (
    <>
      <p className={styles.says}>{t("tokens.says")}</p>
      <Button mb="md" onClick={() => setMaking(true)}>
        {t("tokens.make")}
      </Button>
      {found.data === undefined && !found.isError && <Skeletons rows={2} height={60} />}
      {found.data?.items.length === 0 && <Says title={t("tokens.none")}>{t("tokens.noneSays")}</Says>}
      {found.data !== undefined && found.data.items.length > 0 && (
        <ul className={styles.list} aria-label={t("tabs.tokens")}>
          {found.data.items.map((each) => (
            <Row key={each.id ?? `toml ${each.name}`} token={each} />
          ))}
        </ul>
      )}
      <Said error={found.error} />
      {making && <MakingToken onClose={() => setMaking(false)} />}
    </>
  );
}

function Row({ token }: { token: Token }) {
  const { t } = useTranslation("settings");
  const [asking, setAsking] = useState(false);
  const { id, name } = token;
  const removing = useMutation({
    mutationFn: async () =>
      unwrap(await api.DELETE("/api/v1/api-tokens/{token_id}", { params: { path: { token_id: id ?? "" } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["api-tokens"] }),
  });
  const scopes = token.scopes.map((each) => {
    const known = KNOWN.find((one) => one === each);
    return known === undefined ? each : t(`scopes.${known}`);
  });
  return (
    <li className={styles.item} data-testid="token">
      <div className={styles.what}>
        <b dir="auto">{name}</b>
        <p className={styles.soft}>
          <Story token={token} />
        </p>
      </div>
      <span>{scopes.join(", ")}</span>
      {id !== null && (
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          aria-label={t("tokens.removeOf", { name })}
          onClick={() => setAsking(true)}
        >
          {t("tokens.remove")}
        </Button>
      )}
      {asking && (
        <Sure
          title={t("tokens.removeOf", { name })}
          says={t("tokens.sure", { name })}
          does={t("tokens.remove")}
          busy={removing.isPending}
          error={removing.error}
          onDo={() => removing.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

/** Who made it, when it was used, and how long it works. */
function Story({ token }: { token: Token }) {
  const { t } = useTranslation("settings");
  const when = useWhen();
  if (token.configured) return t("tokens.configured");
  const told = [
    t("tokens.by", { name: token.created_by ?? "" }),
    token.used_at == null ? t("tokens.unused") : t("tokens.used", { at: when(token.used_at) }),
  ];
  if (token.expires_at != null) {
    const ended = token.expires_at * 1000 <= Date.now();
    told.push(ended ? t("tokens.ended") : t("tokens.until", { at: when(token.expires_at) }));
  }
  return told.join(" · ");
}
