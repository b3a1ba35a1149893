// The filter grammar as far as a file without a server can answer it: terms over a run's fields, parameters and metrics, joined by
// and, or, not. What needs every point (slope, at, mean over the last n) is known of columns that were shown, else refused with a word.
import { asNumber } from "../core/format.ts";
import type { Metric, Run } from "../core/types.ts";

export class FilterProblem extends Error {
  constructor(message: string, readonly position: number) {
    super(message);
  }
}

interface Token {
  text: string;
  kind: "word" | "text" | "op" | "(" | ")" | ",";
  at: number;
}

type Test = (run: Run) => boolean;
type Read = (run: Run) => unknown;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(<=|>=|!=|[<>=~:])|([(),])|(!)|((?:[A-Za-z]+\((?:[^()`]|`[^`]*`)*\))|(?:`[^`]*`|[^\s()<>=~:!,"'])+))/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim()) {
    const from = TOKEN.lastIndex;
    const one = TOKEN.exec(text);
    if (!one) throw new FilterProblem(`cannot read \`${text.slice(from).trim().slice(0, 20)}\``, from);
    const at = TOKEN.lastIndex - one[0].trimStart().length;
    if (one[1]) found.push({ text: one[1].slice(1, -1).replace(/\\(.)/g, "$1"), kind: "text", at });
    else if (one[2]) found.push({ text: one[2], kind: "op", at });
    else if (one[3]) found.push({ text: one[3], kind: one[3] as Token["kind"], at });
    else if (one[4]) found.push({ text: "not", kind: "word", at });
    else found.push({ text: one[5]!, kind: "word", at });
  }
  return found;
}

/** Return the test a filter stands for; throws FilterProblem. */
export function parseFilter(text: string): Test {
  const list = tokens(text);
  let at = 0;
  const peek = (word?: string) => (word === undefined ? list[at] : list[at]?.kind === "word" && list[at]!.text.toLowerCase() === word ? list[at] : undefined);
  const fail = (expected: string): never => {
    throw new FilterProblem(`expected ${expected}`, list[at]?.at ?? text.length);
  };
  const or = (): Test => {
    let left = and();
    while (peek("or")) {
      at += 1;
      const [a, b] = [left, and()];
      left = (run) => a(run) || b(run);
    }
    return left;
  };
  const and = (): Test => {
    let left = not();
    while (at < list.length && !peek("or") && list[at]!.kind !== ")") {
      if (peek("and")) at += 1;
      const [a, b] = [left, not()];
      left = (run) => a(run) && b(run);
    }
    return left;
  };
  const not = (): Test => {
    if (!peek("not")) return atom();
    at += 1;
    const inner = not();
    return (run) => !inner(run);
  };
  const value = (): string => {
    const one = list[at];
    if (!one || (one.kind !== "word" && one.kind !== "text")) return fail("a value");
    at += 1;
    return one.text;
  };
  const atom = (): Test => {
    const one = list[at] ?? fail("a term");
    if (one.kind === "(") {
      at += 1;
      const inner = or();
      if (list[at]?.kind !== ")") fail("`)`");
      at += 1;
      return inner;
    }
    if (one.kind !== "word" && one.kind !== "text") return fail("a term");
    at += 1;
    const op = list[at];
    if (one.kind === "word" && op?.kind === "op") {
      at += 1;
      return compare(one.text, op.text, value());
    }
    if (one.kind === "word" && peek("between")) {
      at += 1;
      const [low = "", high = ""] = value().split("..");
      const read = reader(one.text);
      return (run) => Number(read(run)) >= Number(low) && Number(read(run)) <= Number(high);
    }
    if (one.kind === "word" && peek("in")) {
      at += 1;
      if (list[at]?.kind !== "(") fail("`(`");
      at += 1;
      const values: Test[] = [];
      while (list[at] && list[at]!.kind !== ")") {
        values.push(compare(one.text, "=", value()));
        if (list[at]?.kind === ",") at += 1;
      }
      at += 1;
      return (run) => values.some((test) => test(run));
    }
    if (one.text === "has_nan") return (run) => Object.values(run.metrics).some((metric) => metric.nonfinite > 0);
    return contains(one.text);
  };
  if (!list.length) return () => true;
  const test = or();
  if (at < list.length) fail("`and`, `or` or the end");
  return test;
}

function contains(wanted: string): Test {
  const needle = wanted.toLowerCase();
  return (run) => [run.name, run.notes, run.group, ...run.tags].some((text) => text.toLowerCase().includes(needle)) || run.id.startsWith(wanted);
}

const STATS = new Set(["best", "last", "first", "min", "max", "mean", "std", "count"]);
const FIELDS: Record<string, Read> = { name: (run) => run.name, id: (run) => run.id, state: (run) => run.status, status: (run) => run.status, group: (run) => run.group, host: (run) => run.host, user: (run) => run.user, note: (run) => run.notes, started: (run) => run.started, ended: (run) => run.ended, duration: (run) => run.duration_s, rows: (run) => run.rows, attempts: (run) => run.attempts, project: (run) => run.project };

/** A run of a file: with what its columns said that needed points, by their fields. */
export type FileRun = Run & { values_at?: Record<string, unknown> };

/** Columns that were on the page when the file was made are known; others that need points are not. */
function pointsOf(field: string): Read {
  const name = field.replaceAll(" ", "");
  return (run) => {
    const found = Object.entries((run as FileRun).values_at ?? {}).find(([one]) => one.replaceAll(" ", "") === name);
    if (!found) throw new FilterProblem(`\`${field}\` needs the server: it was no column of the page when the file was made`, 0);
    return found[1];
  };
}

/** Return how a field is read from a run. */
export function reader(field: string): Read {
  const stat = /^(\w+)\((.*)\)$/.exec(field);
  if (stat) {
    const key = stat[2]!.replaceAll("`", "").trim();
    if (!STATS.has(stat[1]!) || /,\s*\d+$/.test(key)) return pointsOf(field);
    return (run) => run.metrics[key]?.[stat[1] as keyof Metric];
  }
  if (FIELDS[field]) return FIELDS[field];
  const path = field.replace(/^(config|metric)\./, "").replaceAll("`", "");
  return (run) => run.params[path] ?? run.summary[path] ?? run.metrics[path]?.last;
}

function compare(field: string, op: string, wanted: string): Test {
  if (field === "tag") return (run) => (op === "!=" ? !run.tags.includes(wanted) : run.tags.some((tag) => (op === "=" ? tag === wanted : tag.toLowerCase().includes(wanted.toLowerCase()))));
  if (field === "has") {
    const there = reader(wanted);
    return (run) => there(run) !== undefined && there(run) !== null;
  }
  const read = reader(field);
  if (op === "~") {
    const expression = new RegExp(wanted.replace(/^\/(.*)\/i?$/, "$1"), /\/i$/.test(wanted) ? "i" : "");
    return (run) => expression.test(String(read(run) ?? ""));
  }
  if (op === "!=") {
    const equal = compare(field, "=", wanted);
    return (run) => !equal(run);
  }
  const number = wanted === "nan" ? NaN : Number(wanted);
  return (run) => {
    const found = read(run);
    if (found === null || found === undefined) return wanted === "null" && op === "=";
    const given = asNumber(found);
    if (op === ":") return String(found).toLowerCase().includes(wanted.toLowerCase());
    if (op === "=") return given !== null && !Number.isNaN(number) ? given === number : wanted === "nan" ? Number.isNaN(given ?? 0) : String(found) === wanted;
    const [a, b] = given !== null ? [given, number] : [String(found), wanted];
    return op === "<" ? a < b : op === "<=" ? a <= b : op === ">" ? a > b : a >= b;
  };
}

/** Return runs by fields of which a leading `-` falls; what is missing comes last. */
export function sorted(runs: readonly Run[], sort: readonly string[]): Run[] {
  const keys = sort.map((field) => ({ read: reader(field.replace(/^-/, "")), sign: field.startsWith("-") ? -1 : 1 }));
  const place = (run: Run, read: Read) => {
    const found = read(run);
    const number = asNumber(found);
    return number !== null ? (Number.isNaN(number) ? null : number) : (found ?? null);
  };
  return [...runs].sort((a, b) => {
    for (const { read, sign } of keys) {
      const [x, y] = [place(a, read), place(b, read)];
      if (x === y) continue;
      if (x === null || y === null) return x === null ? 1 : -1;
      return (x as number) < (y as number) ? -sign : sign;
    }
    return 0;
  });
}
