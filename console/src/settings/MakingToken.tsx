import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { Said } from "./Said";
import { Secret } from "./Secret";

const SCOPES = ["read", "answer", "admin", "flows"] as const;
type Scope = (typeof SCOPES)[number];
const DAYS = [30, 90, 365];

/** What a token is to be, and then the token, which is shown this once. */
export function MakingToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const [days, setDays] = useState("90");
  const making = useMutation({
    mutationFn: async () => {
      const body = { name, scopes, days: days === "" ? null : Number(days) };
      return unwrap(await api.POST("/api/v1/api-tokens", { body }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["api-tokens"] }),
  });
  const made = making.data;
  return (
    <Modal opened onClose={onClose} title={t("tokens.make")} closeButtonProps={{ "aria-label": common("close") }}>
      {made === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            making.mutate();
          }}
        >
          <Stack gap="md">
            <TextInput
              label={t("tokens.name")}
              description={t("tokens.nameHint")}
              dir="auto"
              maxLength={100}
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Checkbox.Group
              label={t("tokens.scopes")}
              value={scopes}
              onChange={(values) => setScopes(SCOPES.filter((each) => values.includes(each)))}
            >
              <Stack gap="xs" mt="xs">
                {SCOPES.map((each) => (
                  <Checkbox key={each} value={each} label={t(`scopes.${each}`)} description={t(`scopeSays.${each}`)} />
                ))}
              </Stack>
            </Checkbox.Group>
            <Select
              label={t("tokens.expires")}
              data={[
                ...DAYS.map((count) => ({ value: String(count), label: t("tokens.days", { count }) })),
                { value: "", label: t("tokens.never") },
              ]}
              value={days}
              allowDeselect={false}
              onChange={(value) => setDays(value ?? "")}
            />
            <Said error={making.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {common("cancel")}
              </Button>
              <Button
                type="submit"
                loading={making.isPending}
                disabled={name.trim() === "" || scopes.length === 0}
              >
                {t("tokens.make")}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack gap="md">
          <Text size="sm">{t("tokens.made", { name: made.name })}</Text>
          <Secret label={t("tokens.token")} value={made.token} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{common("close")}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
