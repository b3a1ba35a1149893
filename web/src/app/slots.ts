// What pages put into the frame: see shell.tsx. Kept apart from it, so that pages and frame do not import each other.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

/** What a page puts into the middle of the bar: the workspace's filter. Set on mount, null on unmount. */
export const barSlot = signal<ComponentChildren>(null);
/** What a page adds to the palette's actions. */
export const pageActions = signal<{ text: string; run: () => void; detail?: string }[]>([]);
/** What the curves of all charts of the page are asked with, seen or not, for a file that holds them. */
export const chartQuestions = signal<(() => Record<string, unknown>[]) | null>(null);
/** What a page made into one file cannot do as well as one with a server: in short, and whole. */
export const fileNote = signal<readonly [string, string] | null>(null);
/** Which dialog of the frame is open. */
export const opened = signal<"" | "palette" | "help">("");
