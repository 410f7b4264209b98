import { Modal } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { workspace } from "../api/workspace";
import { Icon } from "../icons";
import { Sound } from "../phone/Sound";
import { size } from "../size";
import type { Message } from "./useThread";

import styles from "./Bubble.module.css";

type Filed = NonNullable<Message["file"]>;
const PICTURES = ["image", "sticker"];
const FILMS = ["video", "video_note", "animation"];
const SOUNDS = ["audio", "voice"];

/** Where the browser gets it: under the sign-in, so the address alone opens nothing. */
function addressOf(path: string, saved = false): string {
  const asked = new URLSearchParams();
  const id = workspace();
  if (id !== null) asked.set("workspace", id);
  if (saved) asked.set("saved", "true");
  return `${path}?${asked}`;
}

/** A file in a bubble: seen, heard, or taken away. */
export function FileIn({ file, message }: { file: Filed; message: Message }) {
  const { t } = useTranslation("thread");
  const [broken, setBroken] = useState(false);
  const kind = file.kind in KINDS ? (file.kind as keyof typeof KINDS) : "document";
  const name = file.filename ?? t(`said.${KINDS[kind]}`);
  if (file.path === null) return <Elsewhere file={file} name={name} />;
  const address = addressOf(file.path);
  if (PICTURES.includes(file.kind) && !broken) {
    return <Picture address={address} name={name} sticker={file.kind === "sticker"} onBroken={() => setBroken(true)} />;
  }
  if (FILMS.includes(file.kind) && !broken) {
    return (
      <video
        className={styles.film}
        src={address}
        controls
        preload="none"
        aria-label={name}
        onError={() => setBroken(true)}
      />
    );
  }
  if (SOUNDS.includes(file.kind)) {
    return (
      <>
        <Sound address={address} name={name} />
        <Transcript message={message} />
      </>
    );
  }
  return (
    <>
      <a className={styles.tile} href={addressOf(file.path, true)} download={file.filename ?? ""}>
        <Icon name="document" size={24} />
        <span className={styles.tileWords}>
          <b dir="auto">{name}</b>
          <span>{[file.size === null ? null : size(file.size), file.mime].filter(Boolean).join(" · ")}</span>
        </span>
      </a>
      <Transcript message={message} />
    </>
  );
}

const KINDS = {
  image: "image",
  sticker: "sticker",
  video: "video",
  video_note: "video_note",
  animation: "animation",
  audio: "audio",
  voice: "voice",
  document: "document",
} as const;

function Picture(props: { address: string; name: string; sticker: boolean; onBroken: () => void }) {
  const { t } = useTranslation(["thread", "shell"]);
  const { address, name } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={props.sticker ? styles.sticker : styles.picture}
        onClick={() => setOpen(true)}
        aria-label={t("said.open", { name })}
      >
        <img src={address} alt="" loading="lazy" onError={props.onBroken} />
      </button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={name}
        fullScreen
        closeButtonProps={{ "aria-label": t("shell:close") }}
      >
        <div className={styles.light}>
          <img src={address} alt={name} />
          <a href={`${address}&saved=true`} download>
            {t("said.save")}
          </a>
        </div>
      </Modal>
    </>
  );
}

function Transcript({ message }: { message: Message }) {
  const { t } = useTranslation("thread");
  if (message.unheard != null) return <div className={styles.soft}>{t("said.unheard")}</div>;
  if (message.heard == null) return null;
  return (
    <figure className={styles.heard} aria-label={t("said.heard")}>
      <blockquote dir="auto">{message.heard}</blockquote>
    </figure>
  );
}

function Elsewhere({ file, name }: { file: Filed; name: string }) {
  const { t } = useTranslation("thread");
  return (
    <div className={styles.tile}>
      <Icon name={PICTURES.includes(file.kind) ? "photo" : "document"} size={24} />
      <span className={styles.tileWords}>
        <b dir="auto">{name}</b>
        {file.link === null ? (
          <span>{t("said.noFile", { reason: file.reason ?? "–" })}</span>
        ) : (
          <a href={file.link} target="_blank" rel="noreferrer noopener">
            {t("said.elsewhere")}
          </a>
        )}
      </span>
    </div>
  );
}
