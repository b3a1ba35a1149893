import assert from "node:assert/strict";
import test from "node:test";
import { overwritten, pieces, plain } from "../src/view/ansi.ts";
import { tokens, openQuotes, type Language } from "../src/view/highlight.ts";
import { inline, parseMarkdown, safeHref, type Inline } from "../src/view/markdown.ts";
import { readNotebook } from "../src/view/notebook.ts";
import { counts, diffTexts, folded, marked, pairs, parseUnified } from "../src/view/unified.ts";
import { flatten, toYaml } from "../src/view/yaml.ts";

test("colours of a terminal become class names, and other control sequences vanish", () => {
  assert.deepEqual(pieces("\x1b[1;31mbad\x1b[0m ok"), [{ text: "bad", kind: "ansi-bold ansi-fg-1" }, { text: " ok", kind: "" }]);
  assert.deepEqual(pieces("\x1b[38;5;208mx\x1b[48;2;1;2;3my"), [{ text: "x", kind: "", color: "#ff8700" }, { text: "y", kind: "", color: "#ff8700", back: "#010203" }]);
  assert.deepEqual(pieces("\x1b]0;title\x07\x1b[2Ka\x1b[10Cb").map((piece) => piece.text).join(""), "ab");
  assert.equal(plain("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\"), "link");
  assert.deepEqual(pieces("\x1b[38;5;999mx\x1b[38mz").map((piece) => piece.color ?? ""), ["", ""].slice(0, 2));
});

test("what a carriage return brings is written over what stood there", () => {
  assert.equal(overwritten("10%\r20%\r100%"), "100%");
  assert.equal(overwritten("long text\rab"), "abng text");
  assert.equal(overwritten("done\r"), "done");
});

test("markup in printed text stays text", () => {
  assert.deepEqual(pieces("<script>alert(1)</script>"), [{ text: "<script>alert(1)</script>", kind: "" }]);
});

test("the tokens of a line, joined, are the line in every language", () => {
  const lines = ["def f(x: int = 1e-3) -> str:  # note", "s = f'a{b}' + \"\"\"x", "  key: value # c", '{"a": [1, true, null]}', "[tool.ruff]", "x=1 # y", "if [ -f $HOME/x ]; then echo \"hi\"; fi", "select count(*) from runs -- c", "const a = `x` // y", "'unclosed", "\\\\ \"a\\\"b\"", "é漢字🎉 = 0x1F", ""];
  for (const language of ["python", "json", "yaml", "toml", "shell", "sql", "javascript", "text"] as Language[]) for (const line of lines) assert.equal(tokens(line, language).map((token) => token.text).join(""), line);
});

test("words, texts, numbers and notes of Python are told apart", () => {
  const kinds = Object.fromEntries(tokens("def go(x): return 'a' + 1.5 # n", "python").filter((token) => token.kind).map((token) => [token.text, token.kind]));
  assert.deepEqual(kinds, { def: "word", go: "name", return: "word", "'a'": "text", "1.5": "number", "# n": "note" });
  assert.deepEqual(openQuotes(['x = """a', "b # not a note", 'c""" # note', "d"], "python"), ["", '"""', '"""', ""]);
});

test("a unified difference is read with its line numbers", () => {
  const lines = parseUnified("--- a\n+++ b\n@@ -1,3 +1,3 @@ def f\n a\n-b\n+c\n d\n\\ No newline at end of file");
  assert.deepEqual(lines.map((line) => [line.kind, line.old, line.new, line.text]), [["gap", 1, 1, "def f"], ["same", 1, 1, "a"], ["old", 2, 0, "b"], ["new", 0, 2, "c"], ["same", 3, 3, "d"]]);
  assert.deepEqual(pairs(lines).map((pair) => [pair.left?.text, pair.right?.text])[2], ["b", "c"]);
});

test("the sides of a difference are the two texts", () => {
  for (const [a, b] of [["", "x\n"], ["a\nb\nc\n", "a\nc\nd\n"], ["x", "x"], ["a\nb\n", ""], ["1\n2\n3\n4", "0\n2\n4\n5"]] as const) {
    const lines = diffTexts(a, b);
    assert.deepEqual(lines.filter((line) => line.kind !== "new").map((line) => line.text), a === "" ? [] : a.replace(/\n$/, "").split("\n"));
    assert.deepEqual(lines.filter((line) => line.kind !== "old").map((line) => line.text), b === "" ? [] : b.replace(/\n$/, "").split("\n"));
  }
  assert.deepEqual(counts(diffTexts("a\nb\nc\n", "a\nc\nd\n")), { added: 1, removed: 1 });
  assert.deepEqual(folded(diffTexts("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5\n6\n7\n8\nx"), 1).map((line) => line.kind), ["gap", "same", "old", "new"]);
});

test("only the middle of a changed line is marked", () => {
  assert.deepEqual(marked("lr = 0.001,", "lr = 0.003,"), { head: 9, oldTail: 10, newTail: 10 });
  assert.deepEqual(marked("abc", "xyz"), { head: 0, oldTail: 3, newTail: 3 });
});

test("YAML quotes what a reader would take for something else", () => {
  assert.equal(toYaml({ a: 1, b: { c: "yes", d: [1, "x"] }, e: {}, f: null, g: "1.5", h: "NaN", "i j": "a: b", k: "" }), 'a: 1\nb:\n  c: "yes"\n  d: [1, x]\ne: {}\nf: null\ng: "1.5"\nh: .nan\ni j: "a: b"\nk: ""\n');
  assert.equal(toYaml([{ a: 1, b: 2 }, 3]), "- a: 1\n  b: 2\n- 3\n");
  assert.deepEqual(flatten({ a: { b: 1, c: {} }, d: [1] }), [["a.b", 1], ["a.c", {}], ["d", [1]]]);
});

const texts = (list: Inline[]): string => list.map((one) => ("inside" in one ? texts(one.inside) : "text" in one ? one.text : "\n")).join("");

test("Markdown has no way to write HTML or a script's address", () => {
  assert.deepEqual(parseMarkdown("<script>x</script>"), [{ kind: "paragraph", inside: [{ kind: "text", text: "<script>x</script>" }] }]);
  assert.deepEqual(inline("[x](javascript:alert(1))"), [{ kind: "text", text: "x" }]);
  for (const bad of ["javascript:x", "data:text/html,x", "//evil", "/api/x", "vbscript:x", "https://a b", " /r/x"]) assert.equal(safeHref(bad), "");
  for (const good of ["https://a/b", "http://x", "mailto:a@b", "/r/abc"]) assert.equal(safeHref(good), good);
});

test("Markdown of notes is read", () => {
  const blocks = parseMarkdown("# T\n\nA **b** `c`\n\n- [x] one\n- two\n  - deep\n\n1. n\n\n> q\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---");
  assert.deepEqual(blocks.map((block) => block.kind), ["heading", "paragraph", "list", "list", "quote", "code", "table", "rule"]);
  assert.equal(texts(inline("a *b* ~~c~~ **d _e_** \\*f")), "a b c d e *f");
  assert.equal(parseMarkdown(">".repeat(5000)).length, 1);
});

test("cells of a notebook are read without its HTML", () => {
  const cells = readNotebook(JSON.stringify({ cells: [{ cell_type: "code", source: ["a\n", "b"], execution_count: 3, outputs: [{ output_type: "display_data", data: { "text/html": "<b>", "text/plain": "P" } }, { output_type: "display_data", data: { "image/png": "aGk=\n" } }] }] }));
  assert.deepEqual(cells, [{ kind: "code", source: "a\nb", count: 3, outputs: [{ kind: "text", text: "P" }, { kind: "image", text: "aGk=", mime: "image/png" }] }]);
  assert.equal(readNotebook("nothing"), null);
});
