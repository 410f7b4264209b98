import type en from "../en/shell";
import type { Words } from "../words";

const shell: Words<typeof en> = {
  areas: {
    inbox: "Kotak masuk",
    contacts: "Kontak",
    overview: "Ringkasan",
    bots: "Bot",
    channels: "Kanal",
    simulator: "Simulator",
    settings: "Pengaturan",
    more: "Lainnya",
  },
  skip: "Langsung ke isi",
  navigation: "Bagian",
  workspace: "Ruang kerja",
  account: "Akun",
  accountOf: "Akun {{name}}",
  language: "Bahasa",
  theme: "Tema",
  themes: { light: "Terang", dark: "Gelap", auto: "Ikuti perangkat" },
  signOut: "Keluar",
  demo: "Demo",
  save: "Simpan",
  cancel: "Batal",
  close: "Tutup",
  remove: "Hapus",
  back: "Kembali",
  again: "Coba lagi",
  loading: "Memuat …",
  copied: "Disalin",
  copy: "Salin",
  more: "Muat lebih banyak",
  reconnecting: "Menyambung kembali …",
  away: { title: "Server tidak menjawab", says: "Halaman ini mencoba lagi dengan sendirinya." },
  failed: {
    title: "Halaman ini gagal",
    says: "Muat ulang. Jika gagal lagi, beri tahu pengelola server ini apa yang Anda lakukan.",
    reload: "Muat ulang",
  },
  missing: {
    title: "Halaman ini tidak ada",
    says: "Alamatnya mungkin sudah lama atau salah ketik.",
    home: "Ke kotak masuk",
  },
  denied: {
    title: "Anda tidak berhak melihat ini",
    says: "Mintalah peran lain kepada pemilik atau admin ruang kerja ini.",
  },
  keys: {
    title: "Papan ketik",
    show: "Tampilkan tombol-tombol ini",
    go: "Ke {{area}}",
    on: "Gunakan tombol tunggal",
    then: "lalu",
  },
};
export default shell;
