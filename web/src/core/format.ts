// Numbers, times and sizes as the page writes them. A number has at most four significant digits, and takes the shorter of
// `0.0012` and `1.2e-3`; the exact value belongs into the title.
import type { Value } from "./types.ts";

/** What is shown where nothing was logged. */
export const MISSING = "·";

const SPECIAL: Record<string, string> = { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" };

/** Return the number a value of the interface stands for, NaN and infinities included, or null. */
export function asNumber(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return null;
}

export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return minus(String(value));
  const short = trim(value.toExponential(digits - 1));
  if (size >= 1e7) return minus(short);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const fixed = trim(value.toFixed(Math.min(20, places)));
  return minus(size < 0.01 && short.length < fixed.length ? short : fixed);
}

/** Drop what says nothing: zeros at the end of a fraction, and the plus of an exponent. */
function trim(text: string): string {
  const [digits = "", exponent] = text.split("e");
  const plain = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return exponent === undefined ? plain : `${plain}e${exponent.replace("+", "")}`;
}

const minus = (text: string): string => text.replace(/^-/, "−");

/** Pad a written number so that points stand below each other, given the most digits after the point in its column. */
export function aligned(text: string, fraction: number): string {
  if (!/^[−\d]/.test(text) || text.includes("e")) return text;
  const after = fractionDigits(text);
  if (after >= fraction) return text;
  return text + (after === 0 ? " " : "") + " ".repeat(fraction - after);
}

export function fractionDigits(text: string): number {
  const at = text.indexOf(".");
  return at < 0 || text.includes("e") ? 0 : text.length - at - 1;
}

/** Return any value of the interface as one line of text. */
export function value(given: Value): string {
  if (given === null || given === undefined) return MISSING;
  if (typeof given === "number") return number(given);
  if (typeof given === "boolean") return given ? "true" : "false";
  if (typeof given === "string") return SPECIAL[given] ?? given;
  return JSON.stringify(given);
}

/** Return a value in full, for titles and the clipboard. */
export function exact(given: Value): string {
  if (given === null || given === undefined) return "";
  return typeof given === "object" ? JSON.stringify(given) : String(given);
}

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return MISSING;
  const s = Math.max(0, seconds);
  if (s < 10) return `${trim(s.toFixed(1))} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return s < 600 ? two(Math.floor(s / 60), "m", Math.floor(s % 60), "s") : `${minutes} m`;
  if (minutes < 48 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(s / 3600);
  return two(Math.floor(hours / 24), "d", hours % 24, "h");
}

const two = (large: number, unit: string, small: number, smaller: string): string => (small ? `${large} ${unit} ${small} ${smaller}` : `${large} ${unit}`);

/** Return how long ago a time was, in its largest unit. */
export function age(ts: number, now = Date.now() / 1000): string {
  const s = Math.max(0, now - ts);
  if (s < 5) return "now";
  for (const [size, unit] of [[86400 * 365, "y"], [86400 * 7, "w"], [86400, "d"], [3600, "h"], [60, "m"]] as const) if (s >= size) return `${Math.floor(s / size)} ${unit} ago`;
  return `${Math.floor(s)} s ago`;
}

const pad = (n: number): string => String(n).padStart(2, "0");

/** Return a time as `14:02` today, `20 Nov 14:02` this year, `2025-11-20 14:02` before; in the reader's time zone. */
export function date(ts: number, now = new Date()): string {
  const d = new Date(ts * 1000);
  const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
  if (d.toDateString() === now.toDateString()) return clock;
  if (d.getFullYear() === now.getFullYear()) return `${d.getDate()} ${d.toLocaleString("en", { month: "short" })} ${clock}`;
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${clock}`;
}

/** Return a time in full, with seconds. */
export function dateTime(ts: number): string {
  const d = new Date(ts * 1000);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

export function size(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let n = bytes;
  let place = 0;
  while (n >= 1000 && place < units.length - 1) (n /= 1000), (place += 1);
  return `${place === 0 ? n : trim(n.toPrecision(3))} ${units[place]}`;
}

export const count = (n: number): string => n.toLocaleString("en").replace(/,/g, " ");

/** Return a count with its noun: `1 run`, `3 runs`. */
export const plural = (n: number, one: string, many = one + "s"): string => `${count(n)} ${n === 1 ? one : many}`;
