import { Kbd, Modal, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useKeysOn, useShortcuts } from "./shortcuts";

import styles from "./Keys.module.css";

export default function Keys({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [on, turn] = useKeysOn();
  const rows = useShortcuts();
  return (
    <Modal opened onClose={onClose} title={t("keys.title")} closeButtonProps={{ "aria-label": t("close") }} centered>
      <dl className={styles.keys}>
        {rows.map(({ keys, says }) => (
          <div key={keys}>
            <dt>{says}</dt>
            <dd>
              {keys.split(" ").map((key, index) => (
                <span key={index}>
                  {index > 0 && <small> {t("keys.then")} </small>}
                  <Kbd>{key}</Kbd>
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Switch mt="md" checked={on} onChange={(event) => turn(event.currentTarget.checked)} label={t("keys.on")} />
    </Modal>
  );
}
