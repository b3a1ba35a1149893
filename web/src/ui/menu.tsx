// A button that opens a list of things to do or to choose. Arrow keys move, typing jumps, Escape closes.
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Button, type IconName } from "./button.tsx";
import { placeOf, type Place } from "./place.ts";
import type { PopupProps } from "./popup.tsx";
import { later } from "./portal.tsx";

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

export interface MenuListProps {
  items: MenuItem[];
  onClose: () => void;
  label: string;
  at: Place;
}

/** The open list itself is loaded with the first menu that opens. */
export const MenuList = later<MenuListProps>(() => import("./menulist.tsx").then((module) => module.MenuList));
const Popup = later<PopupProps>(() => import("./popup.tsx").then((module) => module.Popup));

interface MenuProps {
  /** A function is asked whenever the menu opens. */
  items: MenuItem[] | (() => MenuItem[] | Promise<MenuItem[]>);
  label: string;
  icon?: IconName;
  action?: string;
  kind?: "plain" | "quiet" | "primary";
  class?: string;
  children?: ComponentChildren;
}

export function Menu({ items, label, icon, action, kind = "quiet", class: extra, children }: MenuProps): JSX.Element {
  const [open, setOpen] = useState<{ at: Place; list: MenuItem[] } | null>(null);
  const holder = useRef<HTMLSpanElement>(null);
  const toggle = async () => {
    if (open) return setOpen(null);
    const list = await (typeof items === "function" ? items() : items);
    if (holder.current) setOpen({ at: placeOf(holder.current.firstElementChild!), list });
  };
  return (
    <span ref={holder} class="menu-holder">
      <Button icon={icon} label={label} action={action} kind={kind} class={extra} expanded={open !== null} onClick={() => void toggle()}>
        {children}
      </Button>
      {open && <MenuList items={open.list} label={label} at={open.at} onClose={() => setOpen(null)} />}
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
