import { Button, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { api, Problem, unwrap } from "../api/client";
import { Says, SaysButton } from "../shell/Says";
import { Card } from "./Card";
import { FirstOwner } from "./FirstOwner";
import { Invitation } from "./Invitation";
import { forgetLink, useLink } from "./link";
import { NewPassword } from "./NewPassword";
import { SignInForm } from "./SignInForm";
import { wrongOf } from "./wrong";

import styles from "./Card.module.css";

/** Drawn without the frame: signing in, or what a link that works once is for. */
export default function SignInPage() {
  const token = useLink();
  return token === null ? <Ways /> : <Opened key={token} token={token} />;
}

function Ways() {
  const { t } = useTranslation("signin");
  const ways = useQuery({
    queryKey: ["sign-in"],
    queryFn: async () => unwrap(await api.GET("/api/v1/sign-in")),
    staleTime: 0,
  });
  if (ways.isError) return <Failed error={ways.error} onAgain={() => void ways.refetch()} />;
  if (ways.data === undefined) return <Waiting />;
  if (!ways.data.begun) return <Card title={t("begin.title")} says={t("begin.says")} />;
  return <SignInForm provider={ways.data.provider ?? null} />;
}

function Opened({ token }: { token: string }) {
  const { t } = useTranslation("signin");
  const link = useQuery({
    queryKey: ["sign-in", token],
    queryFn: async () => unwrap(await api.POST("/api/v1/sign-in/link", { body: { token } })),
    staleTime: Infinity,
  });
  if (link.error instanceof Problem && link.error.status === 404) {
    return (
      <Card title={t("gone.title")} says={t("gone.says")}>
        <Button mt="lg" fullWidth onClick={forgetLink}>
          {t("gone.enter")}
        </Button>
      </Card>
    );
  }
  if (link.isError) return <Failed error={link.error} onAgain={() => void link.refetch()} />;
  if (link.data === undefined) return <Waiting />;
  if (link.data.kind === "first") return <FirstOwner token={token} />;
  if (link.data.kind === "password") return <NewPassword token={token} email={link.data.email ?? ""} />;
  return <Invitation token={token} found={link.data} />;
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <main className={styles.room}>
      <Loader aria-label={t("loading")} />
    </main>
  );
}

function Failed({ error, onAgain }: { error: unknown; onAgain: () => void }) {
  const { t } = useTranslation("signin");
  const { t: common } = useTranslation();
  return (
    <main className={styles.room}>
      <Says
        title={wrongOf(error, t).whole ?? ""}
        action={<SaysButton onClick={onAgain}>{common("again")}</SaysButton>}
      />
    </main>
  );
}
