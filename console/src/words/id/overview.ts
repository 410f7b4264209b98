import type en from "../en/overview";
import type { Words } from "../words";

const overview: Words<typeof en> = {
  title: "Ringkasan",
};
export default overview;
