// Icons of menus and of pages that are loaded later; importing this module makes them known.
import { addIcons } from "./button.tsx";

addIcons({
  left: "M10 4L6 8l4 4",
  pin: "M6 2h4l-.5 4 2.5 3H4l2.5-3zM8 9v5",
  hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 14L13 2",
  eye: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z",
  check: "M3 8.5l3.2 3L13 4.5",
  up: "M4 10l4-4 4 4",
  chart: "M2.5 2.5v11h11M5 10l2.5-3 2 1.5L13 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  download: "M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11",
  trash: "M3 4.5h10M6.5 4.5V2.5h3v2M4.5 4.5l.6 9h5.8l.6-9",
  edit: "M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4zM9.4 4.4l2.2 2.2",
  help: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.8h.01",
});
