import { Button, SegmentedControl, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { isNarrowed, readFilters, withFilter, withoutFilters } from "./filters";
import { useChoices } from "./useConversations";

import styles from "./FilterForm.module.css";

/** The filters that have one value of several, and the order. */
export function FilterForm() {
  const { t } = useTranslation("inbox");
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const there = useChoices(true);
  const put = (name: string, value: string | null) => setSearch((now) => withFilter(now, name, value), { replace: true });
  return (
    <div className={styles.form}>
      <fieldset className={styles.field}>
        <legend>{t("choices.mode")}</legend>
        <SegmentedControl
          fullWidth
          size="xs"
          value={filters.mode ?? ""}
          onChange={(value) => put("mode", value || null)}
          data={[
            { value: "", label: t("any") },
            ...(["bot", "human", "paused"] as const).map((value) => ({ value, label: t(`modes.${value}`) })),
          ]}
        />
      </fieldset>
      {(["channel", "bot", "stage", "tag"] as const).map((name) => (
        <Select
          key={name}
          label={t(`choices.${name}`)}
          placeholder={t("any")}
          size="xs"
          clearable
          searchable
          nothingFoundMessage={t("noChoice")}
          comboboxProps={{ withinPortal: false }}
          data={withCurrent(there?.[`${name}s`] ?? [], filters[name])}
          value={filters[name] ?? null}
          onChange={(value) => put(name, value)}
        />
      ))}
      <Select
        label={t("order")}
        size="xs"
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        data={(["newest", "waiting", "closing"] as const).map((value) => ({ value, label: t(`orders.${value}`) }))}
        value={filters.order}
        onChange={(value) => put("order", value === "newest" ? null : value)}
      />
      <Button
        variant="subtle"
        size="xs"
        disabled={!isNarrowed(filters)}
        onClick={() => setSearch(withoutFilters, { replace: true })}
      >
        {t("clear")}
      </Button>
    </div>
  );
}

/** What is chosen is among the choices, even if nothing has it any more. */
function withCurrent(all: readonly string[], current: string | undefined): string[] {
  return current === undefined || all.includes(current) ? [...all] : [current, ...all];
}
