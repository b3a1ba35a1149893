// What could stand at the cursor of a statement: words of SQL, views, and the columns of the views it names.
import { score } from "../../core/fuzzy.ts";
import type { SqlView } from "../../core/types.ts";

export interface Offer {
  text: string;
  detail: string;
}

const WORDS = "select from where group by order having limit join left on using as and or not in is null distinct count sum avg min max median stddev case when then else end with union all between like ilike desc asc over partition cast coalesce round date_trunc to_timestamp describe show tables".split(" ");

const quoted = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : `"${name.replace(/"/g, '""')}"`);

/** Return the start of the word at the cursor and what fits there, the best first. */
export function offers(text: string, cursor: number, views: readonly SqlView[], most = 12): { start: number; items: Offer[] } {
  const before = text.slice(0, cursor);
  const found = /("[^"]*|[A-Za-z_][\w]*)$/.exec(before);
  const word = found?.[0] ?? "";
  const start = cursor - word.length;
  if ((before.slice(0, start).match(/'/g)?.length ?? 0) % 2) return { start, items: [] };
  const bare = word.replace(/^"/, "");
  const afterFrom = /\b(from|join|describe)\s+$/i.test(before.slice(0, start));
  if (!bare && !afterFrom && !/[.,(]\s*$/.test(before)) return { start, items: [] };
  const named = views.filter((view) => new RegExp(`\\b${view.name.replace(/\W/g, "\\$&")}\\b`, "i").test(text));
  const all: Offer[] = views.map((view) => ({ text: quoted(view.name), detail: "view" }));
  if (!afterFrom) {
    const seen = new Set<string>();
    for (const view of named.length ? named : views) for (const column of view.columns) if (!seen.has(column.name)) seen.add(column.name), all.push({ text: quoted(column.name), detail: column.type.toLowerCase() });
    if (bare) for (const one of WORDS) all.push({ text: one, detail: "" });
  }
  const items = all
    .map((offer) => ({ offer, points: bare ? score(bare, offer.text.replace(/"/g, "")) : 0 }))
    .filter((one): one is { offer: Offer; points: number } => one.points !== null && one.offer.text.toLowerCase() !== word.toLowerCase())
    .sort((a, b) => b.points - a.points)
    .slice(0, most)
    .map((one) => one.offer);
  return { start, items };
}
