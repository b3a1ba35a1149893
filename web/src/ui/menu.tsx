// A button that opens a list of things to do or to choose. Arrow keys move, typing jumps, Escape closes.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { keyLabel, keysOf } from "../core/keys.ts";
import { Button, Icon, type IconName } from "./button.tsx";
import { placeOf, Popup, type Place } from "./popup.tsx";

export interface MenuItem {
  text: string;
  /** Said at the end of the line, faint. */
  detail?: string;
  icon?: IconName;
  /** Its key is shown. */
  action?: string;
  /** Present: the item is a choice, ticked or not. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  /** A line above it. */
  apart?: boolean;
  /** A heading above it. */
  heading?: string;
  href?: string;
  /** Stays open after it is chosen. */
  stay?: boolean;
  onChoose?: () => void;
}

export function MenuList({ items, onClose, label, at }: { items: MenuItem[]; onClose: () => void; label: string; at: Place }): JSX.Element {
  return (
    <Popup at={at} onClose={onClose} class="menu" label={label} role="menu">
      <div onKeyDown={moveFocus}>
        {items.map((item, place) => (
          <MenuLine key={place} item={item} onClose={onClose} />
        ))}
      </div>
    </Popup>
  );
}

function MenuLine({ item, onClose }: { item: MenuItem; onClose: () => void }): JSX.Element {
  const key = item.action ? keysOf(item.action)[0] : undefined;
  const inside = (
    <>
      <span class="menu-mark">{item.checked ? <Icon name="check" size={14} /> : item.icon ? <Icon name={item.icon} size={14} /> : null}</span>
      <span class="menu-text">{item.text}</span>
      {item.detail && <span class="menu-detail">{item.detail}</span>}
      {key && <kbd>{keyLabel(key)}</kbd>}
    </>
  );
  const choose = () => {
    if (!item.stay) onClose();
    item.onChoose?.();
  };
  return (
    <>
      {item.heading && <div class="menu-heading" role="presentation">{item.heading}</div>}
      {item.apart && <div class="menu-apart" role="separator" />}
      {item.href ? (
        <a class="menu-item" role="menuitem" href={item.href} tabIndex={-1} onClick={choose}>
          {inside}
        </a>
      ) : (
        <button
          type="button"
          class={`menu-item ${item.danger ? "danger" : ""}`}
          role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
          aria-checked={item.checked}
          disabled={item.disabled}
          tabIndex={-1}
          onClick={choose}
        >
          {inside}
        </button>
      )}
    </>
  );
}

export function moveFocus(event: KeyboardEvent): void {
  const root = event.currentTarget as HTMLElement;
  const items = [...root.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])")];
  if (!items.length) return;
  const place = items.indexOf(document.activeElement as HTMLElement);
  const to = (next: number) => {
    event.preventDefault();
    event.stopPropagation();
    items[(next + items.length) % items.length]?.focus();
  };
  if (event.key === "ArrowDown") to(place + 1);
  else if (event.key === "ArrowUp") to(place < 0 ? -1 : place - 1);
  else if (event.key === "Home") to(0);
  else if (event.key === "End") to(-1);
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ") {
    const wanted = event.key.toLowerCase();
    const found = [...items.slice(place + 1), ...items].find((item) => item.querySelector(".menu-text")?.textContent?.toLowerCase().startsWith(wanted));
    if (found) {
      event.preventDefault();
      event.stopPropagation();
      found.focus();
    }
  }
}

interface MenuProps {
  items: MenuItem[] | (() => MenuItem[]);
  label: string;
  icon?: IconName;
  action?: string;
  kind?: "plain" | "quiet" | "primary";
  class?: string;
  children?: ComponentChildren;
}

export function Menu({ items, label, icon, action, kind = "quiet", class: extra, children }: MenuProps): JSX.Element {
  const [at, setAt] = useState<Place | null>(null);
  const holder = useRef<HTMLSpanElement>(null);
  return (
    <span ref={holder} class="menu-holder">
      <Button icon={icon} label={label} action={action} kind={kind} class={extra} expanded={at !== null} onClick={() => setAt(at ? null : placeOf(holder.current!.firstElementChild!))}>
        {children}
      </Button>
      {at && <MenuList items={typeof items === "function" ? items() : items} label={label} at={at} onClose={() => setAt(null)} />}
    </span>
  );
}

/** A popup with anything in it, opened by a button. `children` is given a function that closes it. */
export function Dropdown(props: { label: string; icon?: IconName; action?: string; class?: string; popupClass?: string; button?: ComponentChildren; children: (close: () => void) => ComponentChildren }): JSX.Element {
  const [at, setAt] = useState<Place | null>(null);
  const holder = useRef<HTMLSpanElement>(null);
  return (
    <span ref={holder} class="menu-holder">
      <Button icon={props.icon} label={props.label} action={props.action} class={props.class} expanded={at !== null} onClick={() => setAt(at ? null : placeOf(holder.current!.firstElementChild!))}>
        {props.button}
      </Button>
      {at && (
        <Popup at={at} label={props.label} class={props.popupClass ?? "panel"} onClose={() => setAt(null)}>
          {props.children(() => setAt(null))}
        </Popup>
      )}
    </span>
  );
}
