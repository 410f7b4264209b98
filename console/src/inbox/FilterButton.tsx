import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";

import styles from "./Chips.module.css";

export function FilterButton(props: ComponentProps<"button">) {
  const { t } = useTranslation("inbox");
  return (
    <button
      type="button"
      className={styles.chip}
      data-testid="filter-menu"
      aria-label={t("filter")}
      aria-haspopup="dialog"
      {...props}
    >
      <Icon name="filter" size={16} />
    </button>
  );
}
