// Opus packets as an Ogg file (RFC 3533, RFC 7845): what WhatsApp calls a voice note.

const RATE = 48_000;
const PER_PAGE = 50;
const MOST_SEGMENTS = 255;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** `head` is the OpusHead of the recording, if there is one; otherwise mono is assumed. */
export function oggOf(packets: Uint8Array[], head: Uint8Array | null): Blob {
  const serial = (Math.random() * 2 ** 32) >>> 0;
  const pages = [page([head ?? opusHead()], 0, serial, 0, 2), page([opusTags()], 0, serial, 1, 0)];
  let samples = 0;
  let group: Uint8Array[] = [];
  let segments = 0;
  packets.forEach((packet, index) => {
    samples += samplesIn(packet);
    group.push(packet);
    segments += Math.floor(packet.length / 255) + 1;
    const last = index === packets.length - 1;
    const next = Math.floor((packets[index + 1]?.length ?? 0) / 255) + 1;
    if (!last && group.length < PER_PAGE && segments + next <= MOST_SEGMENTS) return;
    pages.push(page(group, samples, serial, pages.length, last ? 4 : 0));
    group = [];
    segments = 0;
  });
  return new Blob(pages, { type: "audio/ogg; codecs=opus" });
}

/** Samples at 48 kHz in one packet, from its first two bytes (RFC 6716, 3.1). */
export function samplesIn(packet: Uint8Array): number {
  const toc = packet[0] ?? 0;
  const config = toc >> 3;
  let frame = [120, 240, 480, 960][config & 3] ?? 960;
  if (config < 12) frame = [480, 960, 1920, 2880][config & 3] ?? 960;
  else if (config < 16) frame = config & 1 ? 960 : 480;
  const count = [1, 2, 2, (packet[1] ?? 0) & 0x3f][toc & 3] ?? 1;
  return frame * count;
}

export function secondsOf(packets: Uint8Array[]): number {
  return packets.reduce((sum, packet) => sum + samplesIn(packet), 0) / RATE;
}

function page(packets: Uint8Array[], granule: number, serial: number, number: number, flags: number) {
  const lacing = packets.flatMap(({ length }) => [
    ...Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const size = packets.reduce((sum, { length }) => sum + length, 27 + lacing.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii("OggS"));
  bytes[5] = flags;
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, number, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, crcOf(bytes), true);
  return bytes;
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
  return crc;
}

function opusHead(): Uint8Array {
  const head = new Uint8Array(19);
  head.set(ascii("OpusHead"));
  head[8] = 1;
  head[9] = 1;
  const view = new DataView(head.buffer);
  view.setUint16(10, 312, true);
  view.setUint32(12, RATE, true);
  return head;
}

function opusTags(): Uint8Array {
  const vendor = ascii("Turnkeeper");
  const tags = new Uint8Array(16 + vendor.length);
  tags.set(ascii("OpusTags"));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  return tags;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
