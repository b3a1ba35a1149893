// Colours code of a few languages. Invariant: the texts of the tokens of a line, joined, are the line; colouring decides only how it
// looks. It goes by lines, so that a list of which only the visible rows exist can ask for each one.

export type TokenKind = "" | "word" | "text" | "number" | "note" | "name" | "mark" | "key";

export interface Token {
  text: string;
  kind: TokenKind;
}

export type Language = "python" | "json" | "yaml" | "toml" | "shell" | "sql" | "javascript" | "text";

const BY_ENDING: Record<string, Language> = {
  py: "python", pyi: "python", ipynb: "json", json: "json", jsonl: "json", yaml: "yaml", yml: "yaml", toml: "toml", cfg: "toml", ini: "toml",
  sh: "shell", bash: "shell", zsh: "shell", sql: "sql", js: "javascript", ts: "javascript", mjs: "javascript", tsx: "javascript",
};
const WORDS: Partial<Record<Language, string>> = {
  python: "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield",
  shell: "if then else elif fi for in do done while until case esac function return export local set unset source exit cd echo",
  sql: "select from where and or not in is null as on join left right full inner outer cross group by order having limit offset distinct case when then else end with union all except intersect between like ilike asc desc using values over partition describe summarize exists cast filter qualify",
  javascript: "async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield interface type",
};
const NOTES: Record<Language, string> = { python: "#", yaml: "#", toml: "[#;]", shell: "#", sql: "--", javascript: "//", json: "", text: "" };

/** Return the language of a file by its name. */
export function languageOf(path: string): Language {
  const name = path.split("/").pop() ?? "";
  if (/^(Dockerfile|Makefile|\.bashrc)$/.test(name)) return "shell";
  return BY_ENDING[name.split(".").pop()?.toLowerCase() ?? ""] ?? "text";
}

interface Rules {
  pattern: RegExp;
  words: Set<string>;
}

const made = new Map<Language, Rules>();

function rules(language: Language): Rules {
  const known = made.get(language);
  if (known) return known;
  const note = NOTES[language];
  const parts = [
    note ? `(?<note>${language === "yaml" || language === "shell" ? "(?<=^|\\s)" : ""}${note}.*$)` : "(?<note>(?!))",
    language === "python" ? `(?<text>[rbfuRBFU]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\\\.|[^"\\\\])*"?|'(?:\\\\.|[^'\\\\])*'?))` : `(?<text>"(?:\\\\.|[^"\\\\])*"?|'(?:\\\\.|[^'\\\\])*'?${language === "javascript" ? "|\\x60(?:\\\\.|[^\\x60\\\\])*\\x60?" : ""})`,
    language === "yaml" ? "(?<key>(?<=^\\s*(?:- )*)[\\w./-]+(?=:(?:\\s|$)))" : language === "toml" ? "(?<key>(?<=^\\s*)(?:\\[[^\\]]*\\]+|[\\w.-]+(?=\\s*=)))" : language === "shell" ? "(?<key>\\$\\{?\\w+\\}?)" : "(?<key>(?!))",
    "(?<number>(?<![\\w.])[+-]?(?:0[xX][\\da-fA-F_]+|0[bB][01_]+|\\d[\\d_]*(?:\\.\\d*)?(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?)[jJ]?(?!\\w))",
    language === "python" ? "(?<mark>@[\\w.]+)" : "(?<mark>(?!))",
    "(?<word>[A-Za-z_]\\w*)",
  ];
  const one = { pattern: new RegExp(parts.join("|"), "gm"), words: new Set((WORDS[language] ?? "true false null").split(" ")) };
  made.set(language, one);
  return one;
}

/** Split one line into tokens; `inside` is the quote of a Python text begun on an earlier line. */
export function tokens(line: string, language: Language, inside = ""): Token[] {
  if (language === "text" || line.length > 2000) return line ? [{ text: line, kind: "" }] : [];
  const out: Token[] = [];
  let rest = line;
  if (inside) {
    const end = line.indexOf(inside);
    if (end < 0) return line ? [{ text: line, kind: "text" }] : [];
    out.push({ text: line.slice(0, end + inside.length), kind: "text" });
    rest = line.slice(end + inside.length);
  }
  const { pattern, words } = rules(language);
  let from = 0;
  let before = "";
  const put = (text: string, kind: TokenKind) => {
    const last = out[out.length - 1];
    if (!text) return;
    if (last && last.kind === kind) last.text += text;
    else out.push({ text, kind });
  };
  for (const found of rest.matchAll(pattern)) {
    put(rest.slice(from, found.index), "");
    const groups = found.groups!;
    let kind = (Object.keys(groups).find((name) => groups[name] !== undefined) ?? "") as TokenKind;
    const after = rest.slice(found.index + found[0].length);
    if (kind === "word") {
      const text = language === "sql" ? found[0].toLowerCase() : found[0];
      const isWord = words.has(text);
      kind = isWord ? "word" : before === "def" || before === "class" || /^\s*\(/.test(after) ? "name" : "";
      before = text;
    }
    if (kind === "text" && language === "json" && /^\s*:/.test(after)) kind = "key";
    put(found[0], kind);
    from = found.index + found[0].length;
  }
  put(rest.slice(from), "");
  return out;
}

/** Return, for each line of Python, the triple quote that is open where it begins. */
export function openQuotes(lines: readonly string[], language: Language): string[] {
  if (language !== "python") return lines.map(() => "");
  let open = "";
  return lines.map((line) => {
    const before = open;
    let rest = line;
    if (open) {
      const end = rest.indexOf(open);
      if (end < 0) return before;
      rest = rest.slice(end + 3);
      open = "";
    }
    for (const found of rest.matchAll(/#.*$|"""[^]*?"""|'''[^]*?'''|"""|'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g)) if (found[0] === '"""' || found[0] === "'''") { open = found[0]; break; }
    return before;
  });
}
