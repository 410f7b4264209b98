import { Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, Problem } from "../api/client";

/** The colleague who has the conversation, if that is why something was refused. */
export function holderIn(error: unknown): string | null {
  if (!(error instanceof Problem) || error.status !== 409) return null;
  return error.errors.find(({ where }) => where === "answering")?.problem ?? null;
}

export interface Standing {
  takeOver: (until?: number) => void;
  /** From a colleague: a click on a button that says so is the confirmation. */
  takeFrom: () => void;
  pause: (until?: number) => void;
  giveBack: () => void;
  problem: string | null;
  /** The question that is asked where a colleague has it. */
  question: React.ReactNode;
}

/** Who answers, changed from here. `onChange`: read it again. */
export function useStanding(id: string, onChange: () => void): Standing {
  const [held, setHeld] = useState<{ name: string; until: number | undefined } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const params = { path: { conversation_id: id } };

  function run(what: () => Promise<unknown>, until?: number) {
    setProblem(null);
    what()
      .then(() => setHeld(null))
      .catch((error: unknown) => {
        const name = holderIn(error);
        if (name !== null) setHeld({ name, until });
        else setProblem((error as Error).message);
      })
      .finally(onChange);
  }

  function take(confirmed: boolean, until?: number) {
    const body = { confirmed, ...(until !== undefined && { until }) };
    run(() => api.POST("/api/v1/conversations/{conversation_id}/takeover", { params, body }), until);
  }

  return {
    takeOver: (until) => take(false, until),
    takeFrom: () => take(true),
    pause: (until) => {
      const body = { confirmed: true, ...(until !== undefined && { until }) };
      run(() => api.POST("/api/v1/conversations/{conversation_id}/pause", { params, body }));
    },
    giveBack: () => run(() => api.POST("/api/v1/conversations/{conversation_id}/give-back", { params })),
    problem,
    question: held !== null && (
      <Confirm name={held.name} onClose={() => setHeld(null)} onGo={() => take(true, held.until)} />
    ),
  };
}

interface ConfirmProps {
  name: string;
  onGo: () => void;
  onClose: () => void;
}

/** Two people shall not answer at once without knowing it. */
export function Confirm({ name, onGo, onClose }: ConfirmProps) {
  const { t } = useTranslation(["thread", "shell"]);
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("confirm.title", { name })}
      closeButtonProps={{ "aria-label": t("shell:close") }}
    >
      <Text size="sm">{t("confirm.says", { name })}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          {t("shell:cancel")}
        </Button>
        <Button onClick={onGo}>{t("confirm.go", { name })}</Button>
      </Group>
    </Modal>
  );
}
