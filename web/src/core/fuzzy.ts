// Finding by typing: letters in order are enough; whole words, beginnings and unbroken stretches come first. `/…/` is a regular
// expression.

/** Return how well `text` fits `wanted`, higher is better, or null when it does not. */
export function score(wanted: string, text: string): number | null {
  const needle = wanted.toLowerCase().replace(/\s+/g, " ").trim();
  if (!needle) return 0;
  const hay = text.toLowerCase();
  const at = hay.indexOf(needle);
  if (at >= 0) return 1000 - at - hay.length / 100 + (at === 0 || /[^a-z0-9]/.test(hay[at - 1]!) ? 500 : 0);
  let total = 0;
  let from = 0;
  let before = -2;
  for (const letter of needle.replaceAll(" ", "")) {
    const place = hay.indexOf(letter, from);
    if (place < 0) return null;
    const starts = place === 0 || /[^a-z0-9]/.test(hay[place - 1]!);
    total += place === before + 1 ? 12 : starts ? 9 : 1;
    before = place;
    from = place + 1;
  }
  return total - (before - from) / 10 - hay.length / 50;
}

/** Return the things that fit, best first; with nothing typed, all in their own order. */
export function ranked<T>(wanted: string, things: readonly T[], text: (thing: T) => string): T[] {
  if (!wanted.trim()) return [...things];
  const expression = regular(wanted);
  if (expression) return things.filter((thing) => expression.test(text(thing)));
  return things
    .map((thing, place) => ({ thing, place, score: score(wanted, text(thing)) }))
    .filter((one): one is { thing: T; place: number; score: number } => one.score !== null)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map((one) => one.thing);
}

function regular(wanted: string): RegExp | null {
  const found = /^\/(.+)\/$/.exec(wanted.trim());
  if (!found) return null;
  try {
    return new RegExp(found[1]!, "i");
  } catch {
    return null;
  }
}
