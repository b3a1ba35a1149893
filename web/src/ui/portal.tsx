// What is drawn elsewhere in the document, and parts loaded when they are first needed. Preact's compat package has both, at the
// price of 2.6 KB; these are the parts of it that the page uses.
import { Fragment, h, render, type ComponentChildren, type ComponentType, type JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";

/** Draw the children at the end of `into`. */
export function Portal({ into, children }: { into: Element; children: ComponentChildren }): null {
  const place = useMemo(() => document.createElement("div"), []);
  useLayoutEffect(() => {
    place.className = "portal";
    into.append(place);
    return () => {
      render(null, place);
      place.remove();
    };
  }, [into]);
  useLayoutEffect(() => render(h(Fragment, null, children), place));
  return null;
}

/** Return a component that loads another when it is first drawn, and draws nothing until then. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => JSX.Element | null {
  let made: ComponentType<P> | null = null;
  return (props: P) => {
    const [, setLoaded] = useState(made !== null);
    useEffect(() => {
      if (!made) void load().then((component) => ((made = component), setLoaded(true)));
    }, []);
    return made ? h(made, props) : null;
  };
}
