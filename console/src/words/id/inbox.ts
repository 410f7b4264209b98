import type en from "../en/inbox";
import type { Words } from "../words";

const inbox: Words<typeof en> = {
  title: "Kotak masuk",
  choose: { title: "Pilih percakapan", says: "Percakapan ditampilkan di sini, di samping daftar." },
};
export default inbox;
