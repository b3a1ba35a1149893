// Keys by action. The table is eventide/keymap.py (keys.json is a copy of its keys), shared with the terminal UI; a person's own keys lie
// over it by action id. A component says what it does for an action while it is on screen; the newest one is asked first.
import { useEffect, useRef } from "preact/hooks";
import table from "./keys.json" with { type: "json" };
import { kept } from "./state.ts";

/** Returns false to let the next component, or the browser, have the key. */
export type Handler = (event: KeyboardEvent) => boolean | void;

/** Keys by action id, in the table's order. */
const KEYS: Readonly<Record<string, string[]>> = table;
/** Keys a person chose, by action id. */
export const ownKeys = kept<Record<string, string[]>>("keys", {});

const handlers = new Map<string, Handler[]>();

export const keysOf = (id: string): string[] => ownKeys.value[id] ?? KEYS[id] ?? [];

/** Return a key as it is printed on a keyboard. */
export function keyLabel(key: string): string {
  const mac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");
  const names: Record<string, string> = { ctrl: mac ? "⌘" : "Ctrl", shift: "⇧", alt: mac ? "⌥" : "Alt", escape: "Esc", enter: "↵", space: "Space", up: "↑", down: "↓", left: "←", right: "→" };
  const parts = key === "+" ? ["+"] : key.split("+");
  return parts.map((part) => names[part] ?? (parts.length > 1 && part.length === 1 ? part.toUpperCase() : part)).join(mac ? "" : " ");
}

const NAMED: Record<string, string> = { " ": "space", Escape: "escape", Enter: "enter", Tab: "tab", ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", Home: "home", End: "end", PageUp: "pageup", PageDown: "pagedown" };

/** Return the pressed key as the table writes it. */
export function pressed(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const named = NAMED[event.key];
  const letter = /^[a-z]$/i.test(event.key);
  const key = named ?? (letter ? event.key.toLowerCase() : event.key);
  const shift = event.shiftKey && (named !== undefined || letter);
  return (event.ctrlKey || event.metaKey ? "ctrl+" : "") + (event.altKey ? "alt+" : "") + (shift ? "shift+" : "") + key;
}

/** Do something for an action until the returned function is called. */
export function bind(id: string, handler: Handler): () => void {
  const list = handlers.get(id) ?? [];
  list.push(handler);
  handlers.set(id, list);
  return () => {
    const place = list.indexOf(handler);
    if (place >= 0) list.splice(place, 1);
  };
}

/** Do something for actions while a component is on screen. */
export function useKeys(map: Record<string, Handler>): void {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    const ends = Object.keys(map).map((id) => bind(id, (event) => latest.current[id]?.(event)));
    return () => ends.forEach((end) => end());
  }, []);
}

/** Whether anything answers to an action now. */
export const isBound = (id: string): boolean => (handlers.get(id)?.length ?? 0) > 0;

/** Do what a key would do. */
export function perform(id: string, event: KeyboardEvent = new KeyboardEvent("keydown")): boolean {
  const list = handlers.get(id) ?? [];
  for (let place = list.length - 1; place >= 0; place -= 1) if (list[place]!(event) !== false) return true;
  return false;
}

const isTyping = (target: EventTarget | null): boolean => {
  const element = target as HTMLElement | null;
  if (!element?.tagName) return false;
  if (element.isContentEditable || element.tagName === "TEXTAREA" || element.tagName === "SELECT") return true;
  return element.tagName === "INPUT" && !["checkbox", "radio", "range", "button"].includes((element as HTMLInputElement).type);
};

/** Whether the key belongs to what has the focus: a button is pressed by enter and space. */
const isOwn = (target: EventTarget | null, key: string): boolean => {
  const element = target as HTMLElement | null;
  const inControl = Boolean(element?.closest?.("button, a[href], summary, [role=menu], [role=tab], [role=slider], input, dialog"));
  return inControl && ["enter", "space", "up", "down", "left", "right", "home", "end"].includes(key);
};

export function startKeys(): void {
  addEventListener("keydown", (event) => {
    const key = pressed(event);
    if (event.defaultPrevented || event.isComposing) return;
    if (isTyping(event.target) && !key.startsWith("ctrl+") && key !== "escape") return;
    if (isOwn(event.target, key)) return;
    for (const id of Object.keys(KEYS)) {
      if (!keysOf(id).includes(key)) continue;
      if (perform(id, event)) {
        event.preventDefault();
        return;
      }
    }
  });
}
