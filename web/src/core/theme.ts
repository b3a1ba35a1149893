// Dark or light: the system's, unless chosen here or in the address (`?theme=dark`). Charts read the colours of the style sheet
// and draw anew when `look` changes, without loading anything.
import { computed, effect, signal } from "@preact/signals";
import { query } from "./route.ts";
import { kept } from "./state.ts";

export type Theme = "auto" | "light" | "dark";
export type Density = "compact" | "comfortable";

export const chosenTheme = kept<Theme>("theme", "auto");
export const density = kept<Density>("density", "compact");
export const dateStyle = kept<"absolute" | "age">("dates", "absolute");

const system = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(system.matches);
system.addEventListener("change", () => (systemDark.value = system.matches));

const asked = computed(() => query.value["theme"] ?? "");

export const dark = computed(() => {
  const wanted = asked.value === "dark" || asked.value === "light" ? asked.value : chosenTheme.value;
  return wanted === "auto" ? systemDark.value : wanted === "dark";
});

/** Changes whenever colours may have: what a canvas drew has to be drawn again. */
export const look = computed(() => `${dark.value}`);

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
    document.documentElement.dataset["density"] = density.value;
  });
}

export function toggleTheme(): void {
  const next = dark.value ? "light" : "dark";
  chosenTheme.value = next === (systemDark.value ? "dark" : "light") ? "auto" : next;
}

/** Return a colour or size of the style sheet, such as `--line`. */
export const cssValue = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Height of a row of the run table, in pixels. */
export const rowHeight = computed(() => (density.value === "compact" ? 28 : 36));
