import type en from "../en/simulator";
import type { Words } from "../words";

const simulator: Words<typeof en> = {
  title: "Simulator",
};
export default simulator;
