import { ActionIcon, Autocomplete, Button, NumberInput, Switch } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../icons";
import { useMay } from "../shell/me";
import { changeBot, settingOf, useBots, useChange, useProviders, valueOf, wrongAt, wrongElsewhere } from "./api";
import type { Bot, Given } from "./api";
import { Failure } from "../parts/Failure";

import styles from "./Bots.module.css";

/** One model of the chain as the configuration has it; what is undefined is as for all. */
export interface Model {
  model: string;
  tools?: boolean | undefined;
  timeout?: number | undefined;
  temperature?: number | undefined;
  max_tokens?: number | undefined;
}

const OF_ONE = [
  { name: "temperature", min: 0, max: 2, step: 0.1 },
  { name: "max_tokens", min: 1, max: 1_000_000, step: 50 },
  { name: "timeout", min: 1, max: 600, step: 5 },
] as const;
const NUMBERS = [...OF_ONE, { name: "answer_within", min: 1, max: 600, step: 5 }] as const;

/** Whom a bot asks: one after the other, each when those before it gave no answer. */
export function Models({ bot }: { bot: Bot }) {
  const { t } = useTranslation(["bots", "shell"]);
  const may = useMay("admin") && bot.source === "console";
  const [chain, setChain] = useState(() => chainOf(bot));
  const [numbers, setNumbers] = useState<Given>(() => numbersOf(bot));
  const change = useChange("bots", () => changeBot(bot, { models: chain.map(asTable), ...changed(bot, numbers) }));
  const put = (index: number, model: Model) => setChain(chain.map((each, at) => (at === index ? model : each)));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(undefined);
      }}
    >
      <p className={styles.soft}>{t("models.says")}</p>
      <ol className={styles.chain}>
        {chain.map((model, index) => (
          <Row
            key={index}
            model={model}
            place={index}
            last={chain.length - 1}
            may={may}
            onChange={(next) => put(index, next)}
            onMove={(to) => setChain(moved(chain, index, to))}
            onRemove={() => setChain(chain.filter((_, at) => at !== index))}
          />
        ))}
      </ol>
      {chain.length === 0 && <p>{t("models.none")}</p>}
      {may && (
        <Button variant="default" my="md" onClick={() => setChain([...chain, { model: "" }])}>
          {t("models.add")}
        </Button>
      )}
      <h2 className={styles.heading}>{t("models.forAll")}</h2>
      <div className={`${styles.form} ${styles.section}`}>
        <div className={styles.pair}>
          {NUMBERS.filter((each) => settingOf(bot, each.name) !== undefined).map((each) => (
            <NumberInput
              key={each.name}
              label={t(`models.${each.name}.title`)}
              description={t(`models.${each.name}.says`)}
              min={each.min}
              max={each.max}
              step={each.step}
              disabled={!may}
              value={asNumber(numbers[each.name])}
              error={wrongAt(change.error, each.name)}
              onChange={(value) => setNumbers({ ...numbers, [each.name]: value })}
            />
          ))}
        </div>
        <Failure error={wrongElsewhere(change.error, ...NUMBERS.map((each) => each.name))} />
        {may && (
          <div className={styles.buttons}>
            <Button type="submit" loading={change.isPending}>
              {t("shell:save")}
            </Button>
          </div>
        )}
      </div>
    </form>
  );
}

interface RowProps {
  model: Model;
  place: number;
  last: number;
  may: boolean;
  onChange: (model: Model) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

function Row({ model, place, last, may, onChange, onMove, onRemove }: RowProps) {
  const { t } = useTranslation("bots");
  const names = useModelNames();
  const [open, setOpen] = useState(false);
  return (
    <li
      className={styles.link}
      onKeyDown={(event) => {
        if (!event.altKey || !may) return;
        if (event.key === "ArrowUp" && place > 0) onMove(place - 1);
        if (event.key === "ArrowDown" && place < last) onMove(place + 1);
      }}
    >
      <span className={styles.place}>{place + 1}</span>
      <Autocomplete
        aria-label={t("models.name", { place: place + 1 })}
        placeholder={t("models.example")}
        data={names}
        disabled={!may}
        value={model.model}
        onChange={(value) => onChange({ ...model, model: value })}
      />
      <span className={styles.moves}>
        {may && (
          <>
            <Move says={t("models.up", { place: place + 1 })} disabled={place === 0} onClick={() => onMove(place - 1)} up />
            <Move says={t("models.down", { place: place + 1 })} disabled={place === last} onClick={() => onMove(place + 1)} />
            <ActionIcon variant="subtle" size="lg" c="var(--wrong)" aria-label={t("models.remove", { place: place + 1 })} onClick={onRemove}>
              <Icon name="trash" size={18} />
            </ActionIcon>
          </>
        )}
        <Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t("models.own")}
        </Button>
      </span>
      {open && (
        <div className={`${styles.own} ${styles.pair}`}>
          {OF_ONE.map((each) => (
            <NumberInput
              key={each.name}
              label={t(`models.${each.name}.title`)}
              placeholder={t("models.asForAll")}
              min={each.min}
              max={each.max}
              step={each.step}
              disabled={!may}
              value={model[each.name] ?? ""}
              onChange={(value) => onChange({ ...model, [each.name]: typeof value === "number" ? value : undefined })}
            />
          ))}
          <Switch
            label={t("models.tools")}
            disabled={!may}
            checked={model.tools ?? true}
            onChange={(event) => onChange({ ...model, tools: event.currentTarget.checked ? undefined : false })}
          />
        </div>
      )}
    </li>
  );
}

function Move({ says, up = false, ...rest }: { says: string; up?: boolean; disabled: boolean; onClick: () => void }) {
  return (
    <ActionIcon variant="subtle" size="lg" aria-label={says} {...rest}>
      <span style={{ display: "flex", transform: up ? "rotate(180deg)" : undefined }}>
        <Icon name="down" size={18} />
      </span>
    </ActionIcon>
  );
}

/** What bots of the workspace ask already, and each provider's beginning. */
function useModelNames(): string[] {
  const bots = useBots();
  const providers = useProviders();
  const asked = bots.data?.items.flatMap((bot) => bot.models) ?? [];
  const begun = providers.data?.map((each) => `${each.name}/`) ?? [];
  return [...new Set([...asked, ...begun])];
}

function chainOf(bot: Bot): Model[] {
  const models = valueOf(bot, "models");
  return Array.isArray(models) ? models.map((each) => ({ ...(each as Model) })) : [];
}

function asTable(model: Model): Given {
  const table = Object.entries({ ...model, tools: model.tools === false ? false : undefined });
  return Object.fromEntries(table.filter(([, value]) => value !== undefined && value !== null));
}

function numbersOf(bot: Bot): Given {
  return Object.fromEntries(NUMBERS.map(({ name }) => [name, valueOf(bot, name)]));
}

/** Only what is otherwise than it was. */
function changed(bot: Bot, numbers: Given): Given {
  return Object.fromEntries(
    Object.entries(numbers).filter(([name, value]) => value !== "" && value !== undefined && value !== valueOf(bot, name)),
  );
}

function asNumber(value: unknown): number | string {
  return typeof value === "number" ? value : "";
}

function moved<T>(list: T[], from: number, to: number): T[] {
  const next = [...list];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}
