import { useRef, useState } from "react";

import { Refused } from "./api";
import type { Act, FileKind } from "./api";
import { useWire } from "./wire";

export interface Files {
  /** How many are on their way up. */
  busy: number;
  send: (files: Iterable<File>, as?: FileKind) => void;
  sendNote: (note: Blob) => void;
}

/** Uploads files one after the other and writes each as its own message, in order. */
export function useFiles(write: (what: Act) => void, onProblem: (problem: string) => void): Files {
  const { upload } = useWire();
  const [busy, setBusy] = useState(0);
  const last = useRef<Promise<void>>(Promise.resolve());

  function put(file: Blob, name: string, as: FileKind) {
    setBusy((count) => count + 1);
    last.current = last.current
      .then(() => upload(file, name))
      .then((media) => write({ kind: "file", media, as }))
      .catch((error: unknown) => {
        onProblem(error instanceof Refused ? error.message : `${name || "The file"} did not leave. Choose it again.`);
      })
      .finally(() => setBusy((count) => count - 1));
  }

  return {
    busy,
    send: (files, as) => {
      for (const file of files) put(file, file.name, as ?? kindOf(file.type));
    },
    sendNote: (note) => put(note, "", "voice"),
  };
}

/** What a phone makes of a chosen file; whatever it cannot show goes as a document. */
function kindOf(type: string): FileKind {
  if (type === "image/jpeg" || type === "image/png") return "image";
  if (type === "video/mp4" || type === "video/3gpp") return "video";
  return type.startsWith("audio/") ? "audio" : "document";
}
