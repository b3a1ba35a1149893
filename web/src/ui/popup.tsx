// Whatever floats beside something: menus, pickers, suggestions. It stays inside the window, closes with Escape or a click
// elsewhere, and gives the focus back to where it came from.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Place } from "./place.ts";
import { Portal } from "./portal.tsx";

/** Return where a box of this size lies beside `anchor` so that all of it is in the window. */
export function beside(anchor: Place, box: { width: number; height: number }, window: { width: number; height: number }): { left: number; top: number } {
  const edge = 6;
  const below = anchor.top + anchor.height + 4;
  const above = anchor.top - box.height - 4;
  const top = below + box.height <= window.height - edge || above < edge ? below : above;
  return {
    left: Math.max(edge, Math.min(anchor.left, window.width - box.width - edge)),
    top: Math.max(edge, Math.min(top, window.height - box.height - edge)),
  };
}

export interface PopupProps {
  at: Place;
  onClose: () => void;
  children: ComponentChildren;
  class?: string;
  label: string;
  role?: "dialog" | "menu" | "listbox";
}

export function Popup({ at, onClose, children, class: kind = "", label, role = "dialog" }: PopupProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => {
    const element = box.current!;
    const put = () => {
      const { left, top } = beside(at, { width: element.offsetWidth, height: element.offsetHeight }, { width: innerWidth, height: innerHeight });
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    };
    put();
    const watcher = new ResizeObserver(put);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [at.left, at.top]);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    const first = box.current!.querySelector<HTMLElement>("[autofocus], input, [role=menuitem], [role=menuitemcheckbox], [role=menuitemradio], button");
    (first ?? box.current!).focus({ preventScroll: true });
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) close.current();
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close.current();
    };
    const timer = setTimeout(() => addEventListener("pointerdown", outside, true));
    addEventListener("keydown", escape, true);
    return () => {
      clearTimeout(timer);
      removeEventListener("pointerdown", outside, true);
      removeEventListener("keydown", escape, true);
      if (box.current?.contains(document.activeElement) || document.activeElement === document.body) before?.focus?.({ preventScroll: true });
    };
  }, []);
  const host = document.querySelector("dialog[open]:last-of-type") ?? document.fullscreenElement ?? document.body;
  return (
    <Portal into={host}>
      <div ref={box} class={`popup ${kind}`} role={role} aria-label={label} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
        {children}
      </div>
    </Portal>
  );
}
