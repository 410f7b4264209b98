import { Button, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { Said } from "./Said";
import { useWhen } from "./when";

import styles from "./Settings.module.css";

/** Who is invited and has not come yet; nothing where nobody is. */
export function Invitations() {
  const { t } = useTranslation("settings");
  const when = useWhen();
  const found = useQuery({
    queryKey: ["invitations"],
    queryFn: async () => unwrap(await api.GET("/api/v1/invitations")),
  });
  const dropping = useMutation({
    mutationFn: async (email: string) =>
      unwrap(await api.DELETE("/api/v1/invitations/{email}", { params: { path: { email } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
  });
  const items = found.data?.items ?? [];
  if (items.length === 0) return <Said error={found.error} />;
  return (
    <section>
      <Title order={2} size="h5" mb="sm">
        {t("members.open")}
      </Title>
      <ul className={styles.list} aria-label={t("members.open")}>
        {items.map((each) => (
          <li key={each.email} className={styles.item}>
            <div className={styles.what}>
              <b>{each.email}</b>
              <p className={styles.soft}>
                {t("members.by", { name: each.invited_by })} ·{" "}
                {each.expired ? t("members.expired") : t("members.until", { at: when(each.expires_at) })}
              </p>
            </div>
            <span>{t(`roles.${each.role}`)}</span>
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              aria-label={t("members.takeBackOf", { email: each.email })}
              onClick={() => dropping.mutate(each.email)}
            >
              {t("members.takeBack")}
            </Button>
          </li>
        ))}
      </ul>
      <Said error={dropping.error} />
    </section>
  );
}
