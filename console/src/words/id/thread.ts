import type en from "../en/thread";
import type { Words } from "../words";

const thread: Words<typeof en> = {
  title: "Percakapan",
};
export default thread;
