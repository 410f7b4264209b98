import type en from "../en/trace";
import type { Words } from "../words";

const trace: Words<typeof en> = {
  title: "Jejak",
};
export default trace;
