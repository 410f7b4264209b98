import type en from "../en/channels";
import type { Words } from "../words";

const channels: Words<typeof en> = {
  title: "Kanal",
};
export default channels;
