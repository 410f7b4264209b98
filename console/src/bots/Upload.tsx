import { Button, Progress } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "../api/problem";
import { workspace } from "../api/workspace";
import { size } from "./written";

import styles from "./Bots.module.css";

const LARGEST = 32 * 1024 * 1024;
const ENDINGS = [".md", ".markdown", ".txt", ".text", ".html", ".htm", ".pdf", ".docx"];

interface Sending {
  name: string;
  share: number;
  failure: string | null;
}

/** Sends documents, one after the other, and shows how far each is. */
export function Upload({ base }: { base: string }) {
  const { t, i18n } = useTranslation("bots");
  const queries = useQueryClient();
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [sendings, show] = useState<Sending[]>([]);
  const id = useId();

  async function send(files: Iterable<File>) {
    const all = [...files];
    show(all.map((file) => ({ name: file.name, share: 0, failure: null })));
    const told = (index: number, part: Partial<Sending>) =>
      show((before) => before.map((each, at) => (at === index ? { ...each, ...part } : each)));
    for (const [index, file] of all.entries()) {
      try {
        if (file.size > LARGEST) throw new Error(t("upload.tooLarge", { most: size(LARGEST, i18n.language) }));
        await put(base, file, (share) => told(index, { share }));
        told(index, { share: 1 });
      } catch (error) {
        told(index, { failure: error instanceof Error ? error.message : String(error) });
      }
      await queries.invalidateQueries({ queryKey: ["knowledge"] });
    }
    show((before) => before.filter((each) => each.failure !== null));
  }

  return (
    <div
      className={styles.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void send(event.dataTransfer.files);
      }}
    >
      <span className={styles.soft} id={id}>
        {t("upload.says", { most: size(LARGEST, i18n.language) })}
      </span>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={ENDINGS.join(",")}
        aria-label={t("upload.button")}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          void send(files);
        }}
      />
      <Button aria-describedby={id} onClick={() => picker.current?.click()}>
        {t("upload.button")}
      </Button>
      {sendings.map((each) => (
        <div key={each.name} style={{ flexBasis: "100%" }}>
          <span className={styles.soft}>
            <bdi>{each.name}</bdi>
          </span>
          {each.failure === null ? (
            <Progress value={each.share * 100} aria-label={t("upload.progress", { name: each.name })} />
          ) : (
            <div role="alert" className={styles.wrong}>
              {each.failure}
            </div>
          )}
        </div>
      ))}
    </div>
  );
}

/** `fetch` tells nothing of how far an upload is; this does. */
function put(base: string, file: File, told: (share: number) => void): Promise<void> {
  const id = workspace();
  const query = id === null ? "" : `?workspace=${encodeURIComponent(id)}`;
  const path = `/api/v1/knowledge/${encodeURIComponent(base)}/documents/${encodeURIComponent(file.name)}${query}`;
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => told(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => failed(new Error("The server does not answer."));
    request.onload = () => {
      if (request.status < 300) done();
      else void problemOf(new Response(request.responseText, { status: request.status })).then(failed);
    };
    request.send(file);
  });
}
