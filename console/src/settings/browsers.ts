// What browsers call themselves, in two words. The order counts: most also name those before them.
const NAMES: [RegExp, string][] = [
  [/Edg(e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|X11/, "Linux"],
];

function named(agent: string, names: [RegExp, string][]): string | undefined {
  return names.find(([says]) => says.test(agent))?.[1];
}

/** `Firefox, Linux`; what it says of itself where that is not known. */
export function browserOf(agent: string): string {
  const known = [named(agent, NAMES), named(agent, SYSTEMS)].filter((each) => each !== undefined);
  return known.length > 0 ? known.join(", ") : agent.slice(0, 60);
}
