import type en from "../en/bots";
import type { Words } from "../words";

const bots: Words<typeof en> = {
  title: "Bot",
};
export default bots;
