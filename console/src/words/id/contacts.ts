import type en from "../en/contacts";
import type { Words } from "../words";

const contacts: Words<typeof en> = {
  title: "Kontak",
};
export default contacts;
