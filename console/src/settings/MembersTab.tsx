import { Button, Select } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import type { components } from "../api/schema";
import { Skeletons } from "../parts/Skeletons";
import { useMay, useMe, useMembership } from "../shell/me";
import type { Role } from "../shell/me";
import { Invitations } from "./Invitations";
import { Inviting } from "./Inviting";
import { givable } from "./roles";
import { Said } from "./Said";
import { Sure } from "./Sure";

import styles from "./Settings.module.css";

type Member = components["schemas"]["MemberBody"];

/** Who is in the workspace, as what, and who is invited. */
export function MembersTab() {
  const { t } = useTranslation("settings");
  const administers = useMay("admin");
  const [inviting, setInviting] = useState(false);
  const found = useQuery({
    queryKey: ["members"],
    queryFn: async () => unwrap(await api.GET("/api/v1/members")),
  });
  return (
    <>
      <p className={styles.says}>{t("members.says")}</p>
      {administers && (
        <Button mb="md" onClick={() => setInviting(true)}>
          {t("members.invite")}
        </Button>
      )}
      {found.data === undefined && !found.isError && <Skeletons rows={2} height={60} />}
      {found.data !== undefined && (
        <ul className={styles.list} aria-label={t("tabs.members")}>
          {found.data.items.map((each) => (
            <Row key={each.user_id} member={each} />
          ))}
        </ul>
      )}
      <Said error={found.error} />
      {administers && <Invitations />}
      {inviting && <Inviting onClose={() => setInviting(false)} />}
    </>
  );
}

function Row({ member }: { member: Member }) {
  const { t } = useTranslation("settings");
  const { name, email, role, user_id } = member;
  const own = useMembership();
  const isSelf = useMe()?.user?.id === user_id;
  const [asking, setAsking] = useState(false);
  const roles = givable(own?.role);
  const mine = useMay("admin") && roles.includes(role);
  const path = { user_id };
  const changing = useMutation({
    mutationFn: async (to: Role) =>
      unwrap(await api.PUT("/api/v1/members/{user_id}", { params: { path }, body: { role: to } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [isSelf ? "me" : "members"] }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["members"] }),
  });
  const removing = useMutation({
    mutationFn: async () => unwrap(await api.DELETE("/api/v1/members/{user_id}", { params: { path } })),
    onSuccess: async () => {
      setAsking(false);
      await queries.invalidateQueries({ queryKey: ["members"] });
      if (isSelf) await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
  const leaves = isSelf ? t("members.leave") : t("members.removeOf", { name });
  return (
    <li className={styles.item} data-testid="member">
      <div className={styles.what}>
        <b dir="auto">{name}</b>
        <p className={styles.soft}>
          {[email, isSelf && t("members.you"), member.disabled && t("members.disabled")].filter(Boolean).join(" · ")}
        </p>
        {changing.error !== null && <Said error={changing.error} />}
      </div>
      {mine ? (
        <Select
          aria-label={t("members.roleOf", { name })}
          data={roles.map((each) => ({ value: each, label: t(`roles.${each}`) }))}
          value={role}
          allowDeselect={false}
          disabled={changing.isPending}
          w={140}
          onChange={(to) => to !== null && to !== role && changing.mutate(to as Role)}
        />
      ) : (
        <span>{t(`roles.${role}`)}</span>
      )}
      {(mine || isSelf) && (
        <Button variant="subtle" color="red" size="compact-sm" aria-label={leaves} onClick={() => setAsking(true)}>
          {isSelf ? t("members.leave") : t("members.remove")}
        </Button>
      )}
      {asking && (
        <Sure
          title={leaves}
          says={isSelf ? t("members.leaveSure", { workspace: own?.name ?? "" }) : t("members.sure", { name })}
          does={isSelf ? t("members.leave") : t("members.remove")}
          busy={removing.isPending}
          error={removing.error}
          onDo={() => removing.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}
