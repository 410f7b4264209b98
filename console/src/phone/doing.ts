import type { Act, Message } from "./api";

/** What can be done with a message, and who is speaking. */
export interface Doing {
  /** The business's name, and the person's. */
  names: { business: string; person: string };
  write: (what: Act) => void;
  reply: (message: Message) => void;
  edit: (message: Message) => void;
}
