// Colours of runs and values. The rule is that of eventide/palette.py (palette.json is its copy): a run's colour comes from the
// FNV-1a hash of its id; a rank or value lies on viridis. Where two shown runs share a colour, the later one is dashed.
import palette from "./palette.json" with { type: "json" };

export const COLORS = { light: palette.light, dark: palette.dark };

/** Dash patterns in pixels, by how many shown runs have the colour already. */
export const DASHES: readonly number[][] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

export const runPlace = (id: string): number => fnv1a(id) % COLORS.light.length;

export const runColor = (id: string, dark: boolean): string => placeColor(runPlace(id), dark);

export const placeColor = (place: number, dark: boolean): string => (dark ? COLORS.dark : COLORS.light)[place % COLORS.light.length]!;

const parts = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** Return the colour of a rank or value, 0 (worst) … 1 (best). */
export function ramp(share: number, dark: boolean): string {
  const [low, high] = dark ? [0.18, 1] : [0, 0.86];
  const stops = palette.viridis;
  const place = (low + (high - low) * Math.min(1, Math.max(0, share))) * (stops.length - 1);
  const left = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [parts(stops[left]!), parts(stops[left + 1]!)];
  return "#" + a.map((value, at) => Math.round(value + (b[at]! - value) * (place - left)).toString(16).padStart(2, "0")).join("");
}

/** Return a colour with an opacity. */
export function faded(color: string, opacity: number): string {
  const [r, g, b] = parts(color);
  return `rgba(${r},${g},${b},${opacity})`;
}

/** Return which dash each run has, so that no two of these runs look alike before all dashes are used. */
export function dashes(ids: readonly string[], place: (id: string) => number = runPlace): Map<string, number> {
  const used = new Map<number, number>();
  const found = new Map<string, number>();
  for (const id of ids) {
    const color = place(id);
    const times = used.get(color) ?? 0;
    used.set(color, times + 1);
    found.set(id, times % DASHES.length);
  }
  return found;
}
