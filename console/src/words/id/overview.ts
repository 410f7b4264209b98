import type en from "../en/overview";
import type { Words } from "../words";

const overview: Words<typeof en> = {
  title: "Ringkasan",
  span: "Rentang waktu",
  spans: { day: "24 jam", week: "7 hari", month: "30 hari" },
  received: "Pesan masuk",
  sent: "Pesan keluar",
  answered: "Giliran dijawab",
  failed: "Giliran gagal",
  toPeople: "Diserahkan ke orang",
  cost: "Model",
  costSays: "{{count}} token",
  costUnknown: "biaya tidak diketahui",
  messages: {
    title: "Pesan",
    in: "masuk",
    out: "keluar",
    table: "Tampilkan sebagai tabel",
    chart: "Tampilkan sebagai grafik",
    from: "Dari",
    says: "{{when}}: {{received}} masuk, {{sent}} keluar",
  },
  time: {
    title: "Berapa lama sebuah jawaban",
    says: "Dari pesan pertama sebuah giliran sampai penyedia menerima bagian pertama jawabannya. Separuh jawaban lebih cepat dari batang gelap, 95 dari 100 lebih cepat dari batang terang.",
    part: "Bagian",
    half: "Separuh dalam",
    most: "95 % dalam",
    none: "Tidak ada yang dijawab dalam waktu ini.",
    parts: {
      total: "Seluruh jawaban",
      waiting: "Menunggu kata berikutnya",
      bot: "Bot bekerja",
      model: "… di antaranya model",
      sending: "Pengiriman",
    },
  },
  needs: {
    title: "Perlu seseorang",
    none: "Tidak ada yang memerlukan Anda sekarang.",
    kinds: { escalated: "Ingin bicara dengan orang", failed: "Gagal", channel_paused: "Saluran berhenti" },
    reasons: { turn: "bot gagal", send: "sebuah pesan tidak terkirim" },
    open: "Buka",
    since: "sejak {{when}}",
  },
  drops: {
    title: "Tidak dijawab, dan alasannya",
    none: "Setiap pesan dijawab, atau diserahkan ke orang.",
    empty: "Tidak ada pesan masuk dalam waktu ini.",
    sends: "Tidak terkirim, dan alasannya",
    reasons: {
      stale: "sudah terlalu lama saat tiba",
      rate_limited: "lebih banyak dari yang dibaca bot dalam semenit",
      overlapped: "datang saat bot sibuk",
      opted_out: "kontak sudah menulis STOP",
      deleted: "dihapus oleh kontak",
      unsupported: "jenis pesan yang tidak bisa dibaca bot",
    },
  },
  empty: {
    title: "Belum terjadi apa-apa",
    says: "Hubungkan saluran, atau tulis ke bot di simulator: angkanya muncul di sini seketika.",
    channel: "Tambah saluran",
    simulator: "Buka simulator",
  },
};
export default overview;
