import type en from "../en/signin";
import type { Words } from "../words";

const signin: Words<typeof en> = {
  title: "Masuk",
  email: "Alamat email",
  name: "Nama Anda",
  password: "Kata sandi",
  newPassword: "Kata sandi baru",
  passwordHint: "Minimal 10 karakter. Beberapa kata berurutan sudah baik.",
  enter: "Masuk",
  provider: "Masuk dengan {{name}}",
  or: "atau",
  lost: "Lupa kata sandi? Pengelola server ini bisa membuat tautan baru: turnkeeper user link {{email}}",
  yourEmail: "EMAIL-ANDA",
  first: {
    title: "Selamat datang di Turnkeeper",
    says: "Anda yang pertama di sini. Jadilah pemilik server ini.",
    enter: "Mulai",
  },
  begin: {
    title: "Belum ada yang mendaftar",
    says: "Server mencetak tautan untuk pemiliknya saat dinyalakan: buka tautan itu. Nyalakan ulang untuk tautan baru.",
  },
  invitation: {
    title: "Bergabung dengan {{workspace}}",
    says: "{{who}} mengundang {{email}} sebagai {{role}}.",
    known: "Masuk dengan kata sandi yang Anda miliki di sini, lalu Anda bergabung.",
    enter: "Bergabung",
    other: "Anda masuk sebagai {{name}}. Keluar dulu untuk bergabung sebagai {{email}}.",
    out: "Keluar",
  },
  reset: {
    title: "Buat kata sandi baru",
    says: "Untuk {{email}}. Di tempat lain Anda akan dikeluarkan.",
    enter: "Simpan kata sandi",
  },
  gone: {
    title: "Tautan ini tidak berlaku lagi",
    says: "Sudah dipakai, kedaluwarsa, atau ada yang lebih baru. Minta tautan lain dari pemberinya.",
    enter: "Ke halaman masuk",
  },
  wrong: {
    password: "Alamat email atau kata sandi salah.",
    wait: "Terlalu banyak percobaan. Tunggu beberapa menit, lalu coba lagi.",
    away: "Server tidak menjawab. Periksa koneksi Anda, lalu coba lagi.",
    email: "Ini bukan alamat email.",
    name: "Tulis nama Anda.",
    short: "Pakai minimal 10 karakter.",
    long: "Pakai paling banyak 500 karakter.",
    own: "Pakai selain alamat email Anda.",
  },
  refused: {
    state: "Masuk terlalu lama, atau sudah dimulai lagi. Coba lagi.",
    denied: "Masuk dibatalkan di sana.",
    provider: "Layanan itu tidak menjawab semestinya. Coba lagi, atau beri tahu pengelola server ini.",
    token: "Layanan itu mengirim sesuatu yang tidak bisa dipercaya. Beri tahu pengelola server ini.",
    unverified: "Layanan itu belum memverifikasi alamat email Anda.",
    uninvited: "Belum ada yang mengundang Anda. Minta undangan dari admin ruang kerja Anda.",
    disabled: "Anda tidak boleh masuk lagi. Tanyakan pada admin ruang kerja Anda.",
  },
  roles: { viewer: "pengamat", agent: "agen", admin: "admin", owner: "pemilik" },
};
export default signin;
