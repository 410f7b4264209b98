import type { Filed, Message } from "./api";
import { useWire } from "./wire";
import { Icon } from "../icons";
import { size } from "../size";

import { Sound } from "./Sound";

import styles from "./Content.module.css";

/** A file in a bubble: seen, heard, or taken away. */
export function FileContent({ kind, file }: { kind: Message["kind"]; file: Filed }) {
  const { fileAddress } = useWire();
  // A file behind an address of the business stays there: this page asks no other machine for anything.
  if (file.id === undefined || file.mime === undefined) return <Elsewhere kind={kind} file={file} />;
  const address = fileAddress(file.id);
  switch (kind) {
    case "image":
      return (
        <a className={styles.picture} href={address} target="_blank" rel="noreferrer">
          <img src={address} alt="Photo" loading="lazy" />
        </a>
      );
    case "sticker":
      return <img className={styles.sticker} src={address} alt="Sticker" />;
    case "video":
      return <video className={styles.video} src={address} controls preload="metadata" aria-label="Video" />;
    case "voice":
    case "audio":
      return <Sound address={address} name={kind === "voice" ? "Voice note" : (file.filename ?? "Audio")} />;
    default:
      return (
        <a className={styles.tile} href={address} download={file.filename ?? "document"}>
          <span className={styles.sign}>
            <Icon name="document" size={24} />
          </span>
          <span className={styles.said}>
            <b dir="auto">{file.filename ?? "Document"}</b>
            <span>
              {size(file.size ?? 0)} · {file.mime}
            </span>
          </span>
        </a>
      );
  }
}

export function HeaderFile({ file }: { file: NonNullable<Message["header_file"]> }) {
  return <FileContent kind={file.kind as Message["kind"]} file={file} />;
}

function Elsewhere({ kind, file }: { kind: string; file: Filed }) {
  const words = file.link === undefined ? "The phone no longer has this file." : file.link;
  return (
    <div className={styles.tile}>
      <span className={styles.sign}>
        <Icon name={kind === "document" ? "document" : "photo"} size={24} />
      </span>
      <span className={styles.said}>
        <b dir="auto">{file.filename ?? kind}</b>
        {file.link === undefined ? (
          <span>{words}</span>
        ) : (
          <a href={file.link} target="_blank" rel="noreferrer noopener">
            {words}
          </a>
        )}
      </span>
    </div>
  );
}
