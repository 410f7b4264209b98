import { Loader } from "@mantine/core";
import { lazy, Suspense, useRef, useState } from "react";
import type { RefObject } from "react";

import type { Act, FileKind } from "./api";
import { Icon } from "../icons";
import { Menu, MenuItem } from "../parts/Menu";
import type { Files } from "./useFiles";

import styles from "./Composer.module.css";

const PlaceDialog = lazy(() => import("./Dialogs").then((all) => ({ default: all.PlaceDialog })));
const ContactDialog = lazy(() => import("./Dialogs").then((all) => ({ default: all.ContactDialog })));

interface Props {
  files: Files;
  onWrite: (what: Act) => void;
  onProblem: (problem: string) => void;
}

/** Everything but words: files, places, cards, and samples for those who have no file at hand. */
export function Attach({ files, onWrite, onProblem }: Props) {
  const [dialog, setDialog] = useState<"place" | "contact" | null>(null);
  const photos = useRef<HTMLInputElement>(null);
  const documents = useRef<HTMLInputElement>(null);
  const stickers = useRef<HTMLInputElement>(null);

  async function sample(kind: "picture" | "sticker" | "document" | "note") {
    try {
      const samples = await import("../voice/samples");
      if (kind === "note") files.sendNote(await samples.note());
      else files.send([await samples[kind]()], SAMPLES[kind]);
    } catch (error) {
      onProblem(error instanceof Error ? error.message : "The sample could not be made.");
    }
  }

  return (
    <>
      <Menu
        label="Attach"
        icon={files.busy > 0 ? <Loader size={18} aria-label="Uploading" /> : <Icon name="attach" />}
        className={styles.round}
      >
        {(close) => {
          const then = (work: () => void) => () => {
            close();
            work();
          };
          return (
            <>
              <MenuItem icon={<Icon name="photo" />} onChoose={then(() => photos.current?.click())}>
                Photo or video
              </MenuItem>
              <MenuItem icon={<Icon name="document" />} onChoose={then(() => documents.current?.click())}>
                Document
              </MenuItem>
              <MenuItem icon={<Icon name="sticker" />} onChoose={then(() => stickers.current?.click())}>
                Sticker (WebP)
              </MenuItem>
              <MenuItem icon={<Icon name="place" />} onChoose={then(() => setDialog("place"))}>
                Location
              </MenuItem>
              <MenuItem icon={<Icon name="contact" />} onChoose={then(() => setDialog("contact"))}>
                Contact
              </MenuItem>
              <hr />
              <MenuItem icon={<Icon name="photo" />} onChoose={then(() => void sample("picture"))}>
                A sample photo
              </MenuItem>
              <MenuItem icon={<Icon name="document" />} onChoose={then(() => void sample("document"))}>
                A sample document
              </MenuItem>
              <MenuItem icon={<Icon name="sticker" />} onChoose={then(() => void sample("sticker"))}>
                A sample sticker
              </MenuItem>
              <MenuItem icon={<Icon name="mic" />} onChoose={then(() => void sample("note"))}>
                A sample voice note
              </MenuItem>
            </>
          );
        }}
      </Menu>
      <FileInput of={photos} accept="image/jpeg,image/png,video/mp4,video/3gpp" files={files} label="photos" />
      <FileInput of={documents} as="document" files={files} label="documents" />
      <FileInput of={stickers} accept="image/webp" as="sticker" files={files} label="stickers" />
      <Suspense>
        {dialog === "place" && <PlaceDialog onClose={() => setDialog(null)} onWrite={onWrite} />}
        {dialog === "contact" && <ContactDialog onClose={() => setDialog(null)} onWrite={onWrite} />}
      </Suspense>
    </>
  );
}

const SAMPLES = { picture: "image", sticker: "sticker", document: "document" } as const;

interface FileInputProps {
  of: RefObject<HTMLInputElement | null>;
  label: string;
  accept?: string;
  as?: FileKind;
  files: Files;
}

function FileInput({ of, label, accept, as, files }: FileInputProps) {
  return (
    <input
      ref={of}
      type="file"
      multiple
      hidden
      data-testid={`choose-${label}`}
      accept={accept}
      onChange={(event) => {
        files.send([...(event.currentTarget.files ?? [])], as);
        event.currentTarget.value = "";
      }}
    />
  );
}
