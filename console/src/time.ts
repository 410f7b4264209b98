import i18next from "i18next";

/** Whether the reader's clock goes to 12 or to 24, where the pages are in another language than the reader's. */
const HOURS = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hourCycle ?? "h23";

/** The pages' language as it is written where the reader lives: a Briton's English has 14:05, an American's 2:05 PM. */
export function region(language = i18next.language): string {
  return navigator.languages.find((each) => each.split("-")[0] === language) ?? `${language}-u-hc-${HOURS}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant in unix seconds, in the way of the reader's region. */
export function formatted(at: number, options: Intl.DateTimeFormatOptions, language?: string): string {
  const place = region(language);
  const key = `${place} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(place, options);
    formats.set(key, format);
  }
  return format.format(at * 1000);
}

/** Hours and minutes of an instant in unix seconds. */
export function clockTime(at: number): string {
  return formatted(at, { hour: "2-digit", minute: "2-digit" });
}

export function exactTime(at: number): string {
  return formatted(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** With the day, for what may be looked at any day. */
export function exactDay(at: number): string {
  return formatted(at, { dateStyle: "medium", timeStyle: "medium" });
}

/** `0.42 s`, `12.3 s`, `3 min 20 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What is over sooner than it can be seen is told in milliseconds. */
export function briefly(seconds: number): string {
  return seconds < 0.1 ? `${Math.max(0, Math.round(seconds * 1000))} ms` : duration(seconds);
}

/** `23 h 59 min`, `4 min 05 s`. */
export function untilClosed(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** `1:07`. */
export function seconds(time: number): string {
  const whole = Math.round(time);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
