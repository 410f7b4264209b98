import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { Icon } from "../icons";
import { CHOICES, readFilters, SWITCHES, withFilter } from "./filters";
import { FilterMenu } from "./FilterMenu";
import { useCounts } from "./useConversations";

import styles from "./Chips.module.css";

/** What the list is narrowed to: a press puts a switch on or off, a cross takes a choice away. */
export function Chips() {
  const { t } = useTranslation("inbox");
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const counts: Partial<Record<string, number>> & { most?: number } = useCounts() ?? {};
  const chosen = CHOICES.filter((name) => filters[name] !== undefined);
  const put = (name: string, value: string | null) => setSearch((now) => withFilter(now, name, value), { replace: true });
  return (
    <div
      className={styles.chips}
      role="group"
      aria-label={t("filters")}
      onWheel={({ currentTarget, deltaY }) => currentTarget.scrollBy({ left: deltaY })}
    >
      <FilterMenu />
      {filters.order !== "newest" && (
        <Chosen about={t("order")} onRemove={() => put("order", null)}>
          {t(`orders.${filters.order}`)}
        </Chosen>
      )}
      {chosen.map((name) => (
        <Chosen key={name} about={t(`choices.${name}`)} onRemove={() => put(name, null)}>
          {name === "mode" && filters.mode ? t(`modes.${filters.mode}`) : (filters[name] ?? "")}
        </Chosen>
      ))}
      {SWITCHES.map((name) => (
        <button
          key={name}
          type="button"
          className={styles.chip}
          aria-pressed={filters[name] ?? false}
          data-testid={`filter-${name}`}
          onClick={() => put(name, filters[name] ? null : "yes")}
        >
          {t(`switches.${name}`)}
          <Count value={counts[name]} most={counts.most} />
        </button>
      ))}
    </div>
  );
}

function Chosen({ about, children, onRemove }: { about: string; children: string; onRemove: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={styles.chip}
      data-on
      aria-label={`${children} (${about}): ${t("remove")}`}
      onClick={onRemove}
    >
      <span dir="auto">{children}</span>
      <Icon name="close" size={13} />
    </button>
  );
}

function Count({ value = 0, most = Infinity }: { value?: number | undefined; most?: number | undefined }) {
  if (value === 0) return null;
  return <span className={styles.count}>{value > most ? `${most}+` : value}</span>;
}
