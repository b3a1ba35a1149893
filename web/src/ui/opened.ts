// A dialog that is not part of a page: drawn when it is asked for, gone when it is closed, the focus back where it was.
import { render, type JSX } from "preact";

export function opened(make: (close: () => void) => JSX.Element): void {
  const place = document.createElement("div");
  const before = document.activeElement as HTMLElement | null;
  document.body.append(place);
  const close = () => {
    render(null, place);
    place.remove();
    before?.focus?.();
  };
  render(make(close), place);
}
