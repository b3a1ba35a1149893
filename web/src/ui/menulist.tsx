// The open list of a menu.
import type { JSX } from "preact";
import { keyLabel, keysOf } from "../core/keys.ts";
import { Icon } from "./button.tsx";
import "./moreicons.ts";
import type { MenuItem, MenuListProps } from "./menu.tsx";
import { Popup } from "./popup.tsx";

export function MenuList({ items, onClose, label, at }: MenuListProps): JSX.Element {
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
