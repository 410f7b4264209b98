import { Popover } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { Skeletons } from "../parts/Skeletons";

import chips from "./Chips.module.css";

const FilterForm = lazy(() => import("./FilterForm"));

/** The filters that have one value of several, and the order, behind a button. */
export function FilterMenu() {
  const { t } = useTranslation("inbox");
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" width={290} trapFocus withinPortal shadow="md">
      <Popover.Target>
        <button
          type="button"
          className={chips.chip}
          data-testid="filter-menu"
          aria-label={t("filter")}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="filter" size={16} />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("filter")}>
        <Suspense fallback={<Skeletons rows={6} height={46} />}>
          <FilterForm />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
