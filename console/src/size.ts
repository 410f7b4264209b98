const UNITS = ["B", "KB", "MB", "GB"];

/** `812 B`, `14 KB`, `2.3 MB`. */
export function size(bytes: number): string {
  let left = bytes;
  let unit = 0;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${left < 10 && unit > 0 ? left.toFixed(1) : Math.round(left)} ${UNITS[unit]}`;
}
