// The Opus packets of a WebM recording: as much of Matroska as MediaRecorder writes (RFC 8794, RFC 9559).

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const CODEC_PRIVATE = 0x63a2;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const SIMPLE_BLOCK = 0xa3;
const PARENTS = new Set([SEGMENT, CLUSTER, TRACKS, TRACK, BLOCK_GROUP]);

export interface Recording {
  packets: Uint8Array[];
  /** The OpusHead, if the recorder wrote one. */
  head: Uint8Array | null;
}

export function readWebm(bytes: Uint8Array): Recording {
  const found: Recording = { packets: [], head: null };
  walk(bytes, 0, bytes.length, found);
  return found;
}

/**
 * Goes into the elements that hold others. One of unknown size (a live recorder does not know it)
 * holds all that follows: its successors are read as if they were inside, which comes to the same.
 */
function walk(bytes: Uint8Array, from: number, to: number, found: Recording): void {
  let at = from;
  while (at < to) {
    const id = number(bytes, at, true);
    const size = number(bytes, at + id.width, false);
    const start = at + id.width + size.width;
    const end = size.unknown ? to : Math.min(start + size.value, to);
    if (PARENTS.has(id.value)) walk(bytes, start, end, found);
    else if (id.value === CODEC_PRIVATE) found.head = bytes.slice(start, end);
    else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      // Track number, two bytes of time, one of flags; recorders lace nothing.
      found.packets.push(bytes.slice(start + number(bytes, start, false).width + 3, end));
    }
    at = Math.max(end, at + 1);
  }
}

/** A number of one to eight bytes, whose leading zeros tell how many. Ids keep the marker. */
function number(bytes: Uint8Array, at: number, keepMarker: boolean) {
  const first = bytes[at] ?? 0;
  const width = Math.clz32(first) - 23;
  let value = keepMarker ? first : first & (0xff >> width);
  let unknown = !keepMarker && value === 0xff >> width;
  for (let index = 1; index < width; index += 1) {
    const byte = bytes[at + index] ?? 0;
    value = value * 256 + byte;
    unknown &&= byte === 0xff;
  }
  return { value, width, unknown };
}
