import type en from "../en/signin";
import type { Words } from "../words";

const signin: Words<typeof en> = {
  title: "Masuk",
};
export default signin;
