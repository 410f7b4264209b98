import { Alert, Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** What did not work, and the way to try it again. */
export function Failure({ error, again }: { error: Error | string | null; again?: () => void }) {
  const { t } = useTranslation("shell");
  if (error === null) return null;
  return (
    <Alert color="red" role="alert" mb="md">
      {typeof error === "string" ? error : error.message}
      {again !== undefined && (
        <Button size="compact-sm" variant="subtle" ms="sm" onClick={again}>
          {t("again")}
        </Button>
      )}
    </Alert>
  );
}
