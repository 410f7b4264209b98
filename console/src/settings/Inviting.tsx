import { Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, Problem, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { useMembership } from "../shell/me";
import type { Role } from "../shell/me";
import { givable } from "./roles";
import { Said } from "./Said";
import { Secret } from "./Secret";
import { useWhen } from "./when";

/** Whom to invite, and then the link, which is shown this once. */
export function Inviting({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const { t: words } = useTranslation("signin");
  const when = useWhen();
  const own = useMembership();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("agent");
  const making = useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/v1/invitations", { body: { email, role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
  });
  const made = making.data;
  const isWrong = making.error instanceof Problem && making.error.errors.some(({ where }) => where === "email");
  return (
    <Modal opened onClose={onClose} title={t("members.inviteTitle")} closeButtonProps={{ "aria-label": common("close") }}>
      {made === undefined ? (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            making.mutate();
          }}
        >
          <Stack gap="md">
            <TextInput
              label={t("members.email")}
              type="email"
              dir="ltr"
              data-autofocus
              value={email}
              error={isWrong ? words("wrong.email") : undefined}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <Radio.Group label={t("members.role")} value={role} onChange={(value) => setRole(value as Role)}>
              <Stack gap="xs" mt="xs">
                {givable(own?.role).map((each) => (
                  <Radio key={each} value={each} label={t(`roles.${each}`)} description={t(`roleSays.${each}`)} />
                ))}
              </Stack>
            </Radio.Group>
            <Said error={isWrong ? null : making.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {common("cancel")}
              </Button>
              <Button type="submit" loading={making.isPending} disabled={email.trim() === ""}>
                {t("members.make")}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack gap="md">
          <Text size="sm">{t("members.made", { email: made.email, at: when(made.expires_at) })}</Text>
          <Secret label={t("members.link")} value={new URL(made.link, location.origin).href} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{common("close")}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
