// Buttons, and the icons they bear. An icon alone always has a name for readers, and its key in the title.
import type { ComponentChildren, JSX } from "preact";
import { keyLabel, keysOf } from "../core/keys.ts";

const PATHS = {
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4L6 8l4 4",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3.5 3.5",
  pin: "M6 2h4l-.5 4 2.5 3H4l2.5-3zM8 9v5",
  hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 14L13 2",
  eye: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  share: "M6.5 9.5l3-3M7 5l1.6-1.6a2.7 2.7 0 0 1 3.9 3.9L11 9M9 11l-1.6 1.6a2.7 2.7 0 0 1-3.9-3.9L5 7",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M3 13l1.2-1.2M11.8 4.2L13 3",
  moon: "M13 9.5A5.6 5.6 0 0 1 6.5 3a5.6 5.6 0 1 0 6.5 6.5z",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  check: "M3 8.5l3.2 3L13 4.5",
  plus: "M8 3v10M3 8h10",
  reset: "M3 8a5 5 0 1 0 1.5-3.5L3 6M3 2.5V6h3.5",
  up: "M4 10l4-4 4 4",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 3v10",
  chart: "M2.5 2.5v11h11M5 10l2.5-3 2 1.5L13 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  download: "M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11",
  trash: "M3 4.5h10M6.5 4.5V2.5h3v2M4.5 4.5l.6 9h5.8l.6-9",
  help: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.8h.01",
  settings: "M2 5h7M12 5h2M2 11h2M7 11h7M10.5 6.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM5.5 12.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
};

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
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
