import { Button, PasswordInput, Select, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { api, Problem, unwrap } from "../api/client";
import { queries } from "../api/queries";
import { Skeletons } from "../parts/Skeletons";
import { useMe } from "../shell/me";
import type { Me } from "../shell/me";
import { wrongOf } from "../signin/wrong";
import { chooseLanguage, isLanguage, LANGUAGES } from "../words/language";
import { browserOf } from "./browsers";
import { Said } from "./Said";
import { useWhen } from "./when";

import styles from "./Settings.module.css";

/** Oneself: name, language, password, and the browsers in which one is signed in. */
export function AccountTab() {
  const me = useMe();
  if (!me?.user) return null;
  return (
    <>
      <Profile key={me.user.id} user={me.user} />
      {!me.demo && <Password me={me} />}
      {!me.demo && <Browsers />}
    </>
  );
}

function Profile({ user }: { user: NonNullable<Me["user"]> }) {
  const { t, i18n } = useTranslation("settings");
  const { t: common } = useTranslation();
  const [name, setName] = useState(user.name);
  const [language, setLanguage] = useState(isLanguage(i18n.language) ? i18n.language : "en");
  const saving = useMutation({
    mutationFn: async () => unwrap(await api.PUT("/api/v1/me", { body: { name, language } })),
    onSuccess: async () => {
      await chooseLanguage(language);
      await queries.invalidateQueries({ queryKey: ["me"] });
    },
  });
  return (
    <section className={styles.part}>
      <Title order={2} size="h5">
        {t("account.profile")}
      </Title>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <TextInput
          label={t("account.name")}
          value={name}
          dir="auto"
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput label={t("account.email")} value={user.email ?? ""} dir="ltr" readOnly />
        <Select
          label={t("account.language")}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={language}
          allowDeselect={false}
          onChange={(code) => code !== null && isLanguage(code) && setLanguage(code)}
        />
        <div className={styles.row}>
          <Button type="submit" loading={saving.isPending} disabled={name.trim() === ""}>
            {common("save")}
          </Button>
          <Said error={saving.error} done={saving.isSuccess} />
        </div>
      </form>
    </section>
  );
}

function Password({ me }: { me: Me }) {
  const { t } = useTranslation("settings");
  const { t: words } = useTranslation("signin");
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const changing = useMutation({
    mutationFn: async () => {
      const body = me.has_password ? { current, password } : { password };
      return unwrap(await api.PUT("/api/v1/me/password", { body }));
    },
    onSuccess: async () => {
      setCurrent("");
      setPassword("");
      await queries.invalidateQueries({ queryKey: ["me"] });
      await queries.invalidateQueries({ queryKey: ["sign-ins"] });
    },
  });
  const isWrong = changing.error instanceof Problem && changing.error.status === 403;
  const wrong = changing.error === null || isWrong ? {} : wrongOf(changing.error, words);
  return (
    <section className={styles.part}>
      <Title order={2} size="h5">
        {t("account.password")}
      </Title>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          changing.mutate();
        }}
      >
        <input type="email" name="email" autoComplete="username" value={me.user?.email ?? ""} readOnly hidden />
        {me.has_password && (
          <PasswordInput
            label={t("account.current")}
            autoComplete="current-password"
            value={current}
            error={isWrong ? t("account.wrong") : undefined}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={t("account.fresh")}
          description={t("account.hint")}
          autoComplete="new-password"
          value={password}
          error={wrong.password ?? wrong.whole}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <div className={styles.row}>
          <Button type="submit" variant="default" loading={changing.isPending} disabled={password === ""}>
            {me.has_password ? t("account.change") : t("account.set")}
          </Button>
          <Said error={null} done={changing.isSuccess} />
        </div>
      </form>
    </section>
  );
}

function Browsers() {
  const { t } = useTranslation("settings");
  const when = useWhen();
  const found = useQuery({
    queryKey: ["sign-ins"],
    queryFn: async () => unwrap(await api.GET("/api/v1/me/sign-ins")),
  });
  const ending = useMutation({
    mutationFn: async (id: string) =>
      unwrap(await api.DELETE("/api/v1/me/sign-ins/{sign_in_id}", { params: { path: { sign_in_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sign-ins"] }),
  });
  const leaving = useMutation({
    mutationFn: async () => unwrap(await api.POST("/api/v1/sign-out/everywhere")),
    onSuccess: () => location.assign("/sign-in"),
  });
  return (
    <section className={styles.part}>
      <Title order={2} size="h5">
        {t("account.browsers")}
      </Title>
      {found.data === undefined && !found.isError && <Skeletons rows={1} height={60} />}
      {found.data !== undefined && (
        <ul className={styles.list}>
          {found.data.items.map((each) => (
            <li key={each.id} className={styles.item}>
              <div className={styles.what}>
                <b>{browserOf(each.agent) || t("account.unknown")}</b>
                <p className={styles.soft}>
                  {each.address} · {each.current ? t("account.here") : t("account.seen", { at: when(each.seen_at) })}
                </p>
              </div>
              {!each.current && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={t("account.outOf", { agent: browserOf(each.agent) || t("account.unknown") })}
                  onClick={() => ending.mutate(each.id)}
                >
                  {t("account.out")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Said error={found.error ?? ending.error ?? leaving.error} />
      <div className={styles.row}>
        <Button variant="default" loading={leaving.isPending} onClick={() => leaving.mutate()}>
          {t("account.everywhere")}
        </Button>
        <p className={styles.soft}>{t("account.everywhereSays")}</p>
      </div>
    </section>
  );
}
