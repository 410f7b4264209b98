import { Popover } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { FilterButton } from "./FilterButton";
import { FilterForm } from "./FilterForm";

/** Loaded when somebody has asked for it, and therefore open. */
export default function FilterPopover() {
  const { t } = useTranslation("inbox");
  const [open, setOpen] = useState(true);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" width={290} trapFocus withinPortal shadow="md">
      <Popover.Target>
        <FilterButton aria-expanded={open} onClick={() => setOpen(!open)} />
      </Popover.Target>
      <Popover.Dropdown aria-label={t("filter")}>
        <FilterForm />
      </Popover.Dropdown>
    </Popover>
  );
}
