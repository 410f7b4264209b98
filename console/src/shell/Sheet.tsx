import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Wordmark } from "./Wordmark";

/** What comes up from under a phone's screen. */
export default function Sheet(props: { opened: boolean; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Drawer
      {...props}
      position="bottom"
      size="auto"
      radius="lg"
      styles={{ content: { height: "auto" } }}
      title={<Wordmark />}
      closeButtonProps={{ "aria-label": t("close") }}
    />
  );
}
