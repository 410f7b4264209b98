import { Button, Group, Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Said } from "./Said";

interface Props {
  title: string;
  says: string;
  does: string;
  busy: boolean;
  error: unknown;
  onDo: () => void;
  onClose: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function Sure({ title, says, does, busy, error, onDo, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("close") }}>
      <Text size="sm" dir="auto">
        {says}
      </Text>
      <Said error={error} />
      <Group justify="flex-end" mt="sm">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button color="red" loading={busy} onClick={onDo}>
          {does}
        </Button>
      </Group>
    </Modal>
  );
}
