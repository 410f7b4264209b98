import { Button, Checkbox } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Skeletons } from "../parts/Skeletons";
import { useMay } from "../shell/me";
import { changeBot, useBases, useChange } from "./api";
import type { Bot } from "./api";
import { Failure } from "../parts/Failure";

import styles from "./Bots.module.css";

/** Which bases a bot looks things up in. */
export function BotKnowledge({ bot }: { bot: Bot }) {
  const { t } = useTranslation(["bots", "shell"]);
  const may = useMay("admin") && bot.source === "console";
  const bases = useBases();
  const [chosen, choose] = useState(bot.knowledge);
  const change = useChange("bots", () => changeBot(bot, { knowledge: chosen }));
  const same = chosen.length === bot.knowledge.length && chosen.every((each) => bot.knowledge.includes(each));
  return (
    <section className={styles.form}>
      <p className={styles.soft}>{t("knowledge.ofBot")}</p>
      {bases.isPending && <Skeletons rows={2} height={40} />}
      {bases.isError && <Failure error={bases.error} />}
      {bases.data?.length === 0 && (
        <p>
          {t("knowledge.none.says")} <Link href="/bots/-/knowledge">{t("knowledge.none.go")}</Link>
        </p>
      )}
      {bases.data?.map((base) => (
        <div key={base.name} className={styles.top}>
          <Checkbox
            label={base.name}
            disabled={!may}
            checked={chosen.includes(base.name)}
            onChange={(event) =>
              choose(event.currentTarget.checked ? [...chosen, base.name] : chosen.filter((each) => each !== base.name))
            }
          />
          <Link className={`${styles.soft} ${styles.end}`} href={`/bots/-/knowledge/${base.name}`}>
            {t("knowledge.documents", { count: base.documents })}
          </Link>
        </div>
      ))}
      <Failure error={change.error} />
      {may && (
        <div className={styles.buttons}>
          <Button loading={change.isPending} disabled={same} onClick={() => change.mutate(undefined)}>
            {t("shell:save")}
          </Button>
        </div>
      )}
    </section>
  );
}
