// What a phone is wired to: the demo's fake provider, or a simulated channel of the console.
import { createContext, useContext } from "react";

import { act, closeWindow, fileAddress, upload } from "./api";
import type { Act } from "./api";

export interface Wire {
  act: (person: string | null, what: Act) => Promise<void>;
  /** The id by which the file can be sent. */
  upload: (file: Blob, filename: string) => Promise<string>;
  fileAddress: (id: string) => string;
  closeWindow: (person: string) => Promise<void>;
}

const DEMO: Wire = { act, upload, fileAddress, closeWindow };

export const WireContext = createContext<Wire>(DEMO);

export function useWire(): Wire {
  return useContext(WireContext);
}
