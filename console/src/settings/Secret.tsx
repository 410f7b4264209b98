import { Button, CopyButton, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import styles from "./Settings.module.css";

/** Something that is shown this once. It can be selected too: browsers copy by themselves over https only. */
export function Secret({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.secret}>
      <TextInput
        label={label}
        value={value}
        readOnly
        dir="ltr"
        data-testid="secret"
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} miw={96}>
            {copied ? t("copied") : t("copy")}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}
