// Buttons, and the icons they bear. An icon alone always has a name for readers, and its key in the title.
import type { ComponentChildren, JSX } from "preact";
import { signal } from "@preact/signals";
import { keyLabel, keysOf } from "../core/keys.ts";

const PATHS = {
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3 8h.6M7.7 8h.6M12.4 8h.6",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3.5 3.5",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  share: "M6.5 9.5l3-3M7 5l1.6-1.6a2.7 2.7 0 0 1 3.9 3.9L11 9M9 11l-1.6 1.6a2.7 2.7 0 0 1-3.9-3.9L5 7",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M3 13l1.2-1.2M11.8 4.2L13 3",
  moon: "M13 9.5A5.6 5.6 0 0 1 6.5 3a5.6 5.6 0 1 0 6.5 6.5z",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  reset: "M3 8a5 5 0 1 0 1.5-3.5L3 6M3 2.5V6h3.5",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 3v10",
  plus: "M8 3v10M3 8h10",
  settings: "M2 5h7M12 5h2M2 11h2M7 11h7M10.5 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5.5 12.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
};

/** Icons that only open menus and later pages need: see moreicons.ts. */
export type LaterIcon = "pin" | "hide" | "eye" | "copy" | "download" | "trash" | "help" | "check" | "left" | "up" | "chart" | "edit";
export type IconName = keyof typeof PATHS | LaterIcon;

const paths: Partial<Record<IconName, string>> = PATHS;

const more = signal(0);

export function addIcons(icons: Record<LaterIcon, string>): void {
  Object.assign(paths, icons);
  more.value += 1;
}

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  if (!paths[name] && more.value === 0) void import("./moreicons.ts");
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconName | undefined;
  /** What it does, for readers and as title; needed where there is no text. */
  label?: string | undefined;
  /** The action whose key stands in the title. */
  action?: string | undefined;
  kind?: "plain" | "quiet" | "primary" | "danger";
  pressed?: boolean | undefined;
  expanded?: boolean | undefined;
  disabled?: boolean;
  class?: string | undefined;
  onClick: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps): JSX.Element {
  const key = props.action ? keysOf(props.action)[0] : undefined;
  const title = [props.label, key ? `(${keyLabel(key)})` : ""].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      class={`button ${props.kind ?? "quiet"} ${props.children === undefined ? "bare" : ""} ${props.class ?? ""}`}
      aria-label={props.children === undefined ? props.label : undefined}
      title={title || undefined}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </button>
  );
}
