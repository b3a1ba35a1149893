// Which rows (or columns) of a long list lie in view.
export interface Span {
  from: number;
  to: number;
}

/** Return the rows (or columns) from `from` up to, not including, `to` that lie in view, with some to spare. */
export function visible(scroll: number, room: number, size: number, total: number, spare = 10): Span {
  const from = Math.max(0, Math.floor(scroll / size) - spare);
  return { from, to: Math.min(total, Math.ceil((scroll + room) / size) + spare) };
}
