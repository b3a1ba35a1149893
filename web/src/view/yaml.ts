// Writes values as YAML 1.2 and as flat paths. Invariant: a text is written bare only where every reader of YAML 1.1 and 1.2 reads
// the same text back; else it is quoted as in JSON, which is YAML.

const BARE = /^[A-Za-z_/.][\w ./@+-]*$/;
const WORDS = new Set(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity", "none"]);
const SPECIAL: Record<string, string> = { NaN: ".nan", Infinity: ".inf", "-Infinity": "-.inf" };

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function scalar(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") {
    if (SPECIAL[value]) return SPECIAL[value];
    return BARE.test(value) && !value.endsWith(" ") && !WORDS.has(value.toLowerCase()) && !/^[.\d]/.test(value) && !/^0x/i.test(value) ? value : JSON.stringify(value);
  }
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

const label = (key: string): string => (BARE.test(key) && !WORDS.has(key.toLowerCase()) && !/^[.\d]/.test(key) && !key.endsWith(" ") ? key : JSON.stringify(key));

/** Return a value as YAML, ending in a line break. */
export function toYaml(value: unknown): string {
  return isTree(value) || Array.isArray(value) ? lines(value, 0).join("\n") + "\n" : scalar(value) + "\n";
}

function lines(value: unknown, depth: number): string[] {
  const pad = "  ".repeat(depth);
  if (isTree(value)) {
    const entries = Object.entries(value);
    if (!entries.length) return [`${pad}{}`];
    return entries.flatMap(([key, one]) => (isLeaf(one) ? [`${pad}${label(key)}: ${leaf(one)}`] : [`${pad}${label(key)}:`, ...lines(one, depth + 1)]));
  }
  return (value as unknown[]).flatMap((one) => {
    if (isLeaf(one)) return [`${pad}- ${leaf(one)}`];
    const inner = lines(one, depth + 1);
    return [`${pad}- ${inner[0]!.trimStart()}`, ...inner.slice(1)];
  });
}

/** Lists of plain values stay on one line. */
const isFlat = (value: unknown): boolean => Array.isArray(value) && value.every((one) => !isTree(one) && !Array.isArray(one)) && value.length <= 16;
const isLeaf = (value: unknown): boolean => (!isTree(value) && !Array.isArray(value)) || isFlat(value) || (isTree(value) && !Object.keys(value).length);

function leaf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => (typeof one === "string" && /[,[\]{}]/.test(one) ? JSON.stringify(one) : scalar(one))).join(", ")}]`;
  return isTree(value) ? "{}" : scalar(value);
}

/** Return the leaves of a tree by their paths with points. */
export function flatten(value: unknown, prefix = ""): [string, unknown][] {
  if (!isTree(value) || (prefix && !Object.keys(value).length)) return prefix ? [[prefix, value]] : [];
  return Object.entries(value).flatMap(([key, one]) => flatten(one, prefix ? `${prefix}.${key}` : key));
}
