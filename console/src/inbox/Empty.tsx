import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";

import { useMay } from "../shell/me";
import { Says, SaysButton } from "../shell/Says";
import { withoutFilters } from "./filters";

/** Nothing to show, and what to do about it. */
export function Empty({ narrowed, words }: { narrowed: boolean; words: string }) {
  const { t } = useTranslation("inbox");
  const [, setSearch] = useSearchParams();
  const mayAdd = useMay("admin");
  if (words !== "" || narrowed) {
    const title = words === "" ? t("empty.narrowed") : t("empty.sought", { words });
    const clear = () => setSearch(withoutFilters, { replace: true });
    return (
      <Says title={title} action={<SaysButton onClick={clear}>{t("clear")}</SaysButton>}>
        {words === "" ? t("empty.narrowedSays") : t("empty.soughtSays")}
      </Says>
    );
  }
  return (
    <Says
      title={t("empty.title")}
      action={
        <Group gap="xs" mt="xs" justify="center">
          <Link href="/simulator" asChild>
            <Button component="a" size="sm">
              {t("empty.simulator")}
            </Button>
          </Link>
          {mayAdd && (
            <Link href="/channels" asChild>
              <Button component="a" size="sm" variant="light">
                {t("empty.channel")}
              </Button>
            </Link>
          )}
        </Group>
      }
    >
      {t("empty.says")}
    </Says>
  );
}
