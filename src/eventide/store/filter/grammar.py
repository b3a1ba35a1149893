"""The one grammar of run filters: text to tree, by recursive descent.

    expr  := or                    or   := and ("or" and)*
    and   := not (["and"] not)*    not  := ("not" | "!")* atom
    atom  := "(" expr ")" | field op value | field ["not"] "in" "(" value ("," value)* ")"
           | field ["not"] "between" value ".." value | "has:" field | "has_nan" [":" metric]
           | word | "quoted phrase" | /regex/[i]

Invariant: every text either becomes a tree or raises InvalidFilter, in time and stack bounded by the limits below; nothing
is ever run. A tree that was returned can be compiled: types are checked here, where the offset is known.
"""

from __future__ import annotations

import re
from typing import cast

from eventide.store.filter.cursor import Cursor, nearest
from eventide.store.filter.literals import read_value
from eventide.store.filter.meaning import Use, check, refuse_pattern
from eventide.store.filter.tree import (
    ALIASES,
    ALL,
    FIELDS,
    FUNCTIONS,
    KEYWORDS,
    And,
    Between,
    Compare,
    Field,
    Has,
    HasNan,
    In,
    Node,
    Not,
    Operator,
    Or,
    Phrase,
    Regex,
    Value,
    Word,
    is_plain,
    levels,
    quote_key,
)

MAX_CHARS = 65_536
MAX_DEPTH = 50
"""Parentheses and `not` within each other."""
MAX_LEVELS = 16
"""`and`, `or` and `not` within each other; some 20 fill the stack of SQLite's own parser."""
MAX_TERMS = 128
MAX_VALUES = 5_000
MAX_STEP = (1 << 63) - 1

OPERATORS: tuple[Operator, ...] = ("!=", "<=", ">=", ":", "=", "<", ">", "~")
_UNENCODABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


def parse(text: str) -> Node:
    """Return the tree of a filter; an empty text matches every run.

    Raises:
        InvalidFilter: it does not parse; `position` is the offset of what was not expected.
    """
    parser = Parser(text)
    node = parser.expression() if parser.begin() else ALL
    parser.end("`and`, `or` or the end")
    if levels(node) > MAX_LEVELS:
        parser.cursor.refuse(f"`and`, `or` and `not` are nested deeper than {MAX_LEVELS} levels", at=0)
    return node


def parse_field(text: str) -> Field:
    """Return one field, as columns, sorts and facets name it; raises InvalidFilter."""
    parser = Parser(text)
    parser.begin()
    field = parser.field()
    parser.end("the end of the field")
    return field


def parse_sort(text: str) -> tuple[tuple[Field, bool], ...]:
    """Return `(field, descending)` of each comma-separated field of a sort; raises InvalidFilter."""
    parser = Parser(text)
    cursor = parser.cursor
    if not parser.begin():
        return ()
    keys = []
    while True:
        descending = cursor.take("-")
        keys.append((parser.field(), descending))
        cursor.skip()
        if len(keys) > MAX_TERMS or not cursor.take(","):
            break
        cursor.skip()
    parser.end("`,` or the end of the sort")
    return tuple(keys)


class Parser:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self._depth = 0
        self._terms = 0

    def begin(self) -> bool:
        """Check the text as a whole, and return whether it holds anything."""
        cursor = self.cursor
        if len(cursor.text) > MAX_CHARS:
            cursor.refuse(f"it is longer than {MAX_CHARS} characters", at=MAX_CHARS)
        odd = _UNENCODABLE.search(cursor.text)
        if odd:
            cursor.refuse("this is not a character of text", at=odd.start())
        cursor.skip()
        if cursor.ended:
            cursor.note("term")
        return not cursor.ended

    def end(self, expected: str) -> None:
        """Fail unless everything was read."""
        self.cursor.skip()
        if not self.cursor.ended:
            self.cursor.fail(expected, hint=_hint_for_rest(self.cursor))

    def expression(self) -> Node:
        """Read `or`."""
        parts = [self._and()]
        while self._keyword("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(_flat(parts, Or)))

    def _and(self) -> Node:
        parts = [self._not()]
        while True:
            self.cursor.skip()
            self.cursor.note("connective")
            if not self._keyword("and") and not self._starts_term():
                break
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(_flat(parts, And)))

    def _not(self) -> Node:
        negations = 0
        while self._keyword("not") or (not self.cursor.sees("!=") and self.cursor.take("!")):
            negations += 1
            self._deeper(1)
        node = self._atom()
        for _ in range(negations):
            node = Not(node)
        self._deeper(-negations)
        return node

    def _deeper(self, by: int) -> None:
        self._depth += by
        if self._depth > MAX_DEPTH:
            self.cursor.refuse(f"it is nested deeper than {MAX_DEPTH} levels")

    def _keyword(self, keyword: str) -> bool:
        """Move over a keyword if it is the next word."""
        self.cursor.skip()
        word = self.cursor.peek_word()
        if word.lower() != keyword:
            return False
        self.cursor.at += len(word)
        return True

    def _starts_term(self) -> bool:
        """Tell whether another term follows without `and`."""
        cursor = self.cursor
        if cursor.ended or cursor.text[cursor.at] in ")," or cursor.sees("!="):
            return False
        word = cursor.peek_word()
        return word.lower() != "or" if word else cursor.text[cursor.at] in "(\"'`!"

    def _atom(self) -> Node:
        cursor = self.cursor
        cursor.skip()
        cursor.note("term")
        self._terms += 1
        if self._terms > MAX_TERMS:
            cursor.refuse(f"it has more than {MAX_TERMS} terms", hint="name in (a, b, c) counts as one")
        if cursor.take("("):
            return self._parenthesised()
        if cursor.sees('"') or cursor.sees("'"):
            return self._phrase()
        if cursor.sees("/"):
            start = cursor.at
            pattern, flags = cursor.pattern()
            refuse_pattern(cursor, pattern, start)
            return Regex(pattern, flags)
        return self._term()

    def _parenthesised(self) -> Node:
        self._deeper(1)
        node = self.expression()
        self.cursor.skip()
        if not self.cursor.take(")"):
            self.cursor.fail("`and`, `or` or `)`", hint=_hint_for_rest(self.cursor))
        self._deeper(-1)
        return node

    def _phrase(self) -> Node:
        start = self.cursor.at
        text = self.cursor.quoted()
        if not text:
            self.cursor.refuse("there is nothing between the quotes", at=start)
        self.cursor.skip()
        if self._sees_operator():
            self.cursor.refuse(
                "quotes hold values; a key with odd characters is written in back-ticks", at=start, hint=quote_key(text)
            )
        return Phrase(text)

    def _term(self) -> Node:
        cursor = self.cursor
        start = cursor.at
        word = cursor.peek_word()
        if word.lower() in KEYWORDS:
            cursor.fail(
                "a field, a word or `(`", hint=f'write "{word}" to look for the word, `{word}` for a key of that name'
            )
        if word == "has" and cursor.text.startswith("has:", start):
            cursor.at += len("has:")
            cursor.skip()
            return Has(self.field())
        if word == "has_nan":
            return self._has_nan()
        field = self._field_or_word()
        if isinstance(field, Word):
            return field
        return self._comparison(field, start)

    def _has_nan(self) -> Node:
        cursor = self.cursor
        cursor.at += len("has_nan")
        if cursor.take(":"):
            cursor.skip()
            return HasNan(self._metric())
        return HasNan()

    def field(self) -> Field:
        """Read one field: a known name, a path, or a function of a metric."""
        cursor = self.cursor
        cursor.note("field")
        start = cursor.at
        if cursor.sees("`"):
            return Field("path", cursor.key())
        word = cursor.word()
        if not word or word.lower() in KEYWORDS:
            cursor.fail("a field such as lr, state or best(val/acc)", at=start)
        return self._field_of(word, start)

    def _field_or_word(self) -> Field | Word:
        """Read a field if an operator or `(` follows, else a word to look for."""
        cursor = self.cursor
        start = cursor.at
        if cursor.sees("`"):
            return Field("path", cursor.key())
        word = cursor.word()
        if not word:
            cursor.fail("a field, a word or `(`", hint=_hint_for_rest(cursor))
        if cursor.sees("(") or (cursor.sees("`") and word in ("config.", "metric.")):
            return self._field_of(word, start)
        end = cursor.at
        cursor.note("operator", _guess(word))
        cursor.skip()
        is_field = self._sees_operator() or self._sees_word_operator()
        cursor.at = end
        if is_field:
            return self._field_of(word, start)
        if word[0] in "&|":
            cursor.fail("a field, a word or `(`", at=start, hint="write `and` and `or`")
        return Word(word)

    def _sees_operator(self) -> bool:
        return any(self.cursor.sees(op) for op in OPERATORS)

    def _sees_word_operator(self) -> bool:
        cursor, start = self.cursor, self.cursor.at
        self._keyword("not")
        cursor.skip()
        found = cursor.peek_word().lower() in ("in", "between")
        cursor.at = start
        return found

    def _field_of(self, word: str, start: int) -> Field:
        cursor = self.cursor
        if cursor.sees("("):
            return self._call(word, start)
        kind, _, rest = word.partition(".")
        if kind not in ("config", "metric") or (not rest and not cursor.sees("`")):
            kind, rest = "", word
        if kind and not rest:
            rest = cursor.key()
        elif not is_plain(word) or word[0] == "-":
            dotted = f"{kind}." if kind else ""
            cursor.refuse("a key with odd characters is written in back-ticks", at=start, hint=dotted + quote_key(rest))
        if kind:
            return Field("config" if kind == "config" else "metric", rest)
        return _guess(word)

    def _call(self, name: str, start: int) -> Field:
        cursor = self.cursor
        if name not in FUNCTIONS:
            close = nearest(name, FUNCTIONS)
            hint = f"{close}(…)" if close else "functions are " + ", ".join(FUNCTIONS)
            cursor.refuse(f"there is no function `{name}`", at=start, hint=hint)
        cursor.at += 1
        cursor.skip()
        metric = self._metric()
        cursor.skip()
        n = self._second_argument(name) if cursor.take(",") else None
        cursor.skip()
        if not cursor.take(")"):
            cursor.fail("`)`" if n is not None or not FUNCTIONS[name] else "`,` or `)`")
        if name == "at" and n is None:
            cursor.refuse("`at` needs a step", at=start, hint=f"at({metric},1000)")
        return Field("call", name, metric, n)

    def _metric(self) -> str:
        cursor = self.cursor
        cursor.note("metric")
        if cursor.sees("`"):
            return cursor.key()
        start = cursor.at
        word = cursor.word()
        if not word:
            cursor.fail("a metric such as val/acc")
        if not is_plain(word):
            cursor.refuse("a key with odd characters is written in back-ticks", at=start, hint=quote_key(word))
        return word

    def _second_argument(self, name: str) -> int:
        cursor = self.cursor
        what = "a step" if FUNCTIONS[name] == "step" else "a number of points, 1 or more"
        if not FUNCTIONS[name]:
            cursor.fail(f"`)`, because `{name}` takes a metric and nothing else", at=cursor.at - 1)
        cursor.skip()
        cursor.note("number")
        start = cursor.at
        digits = cursor.word()
        if not _DIGITS.fullmatch(digits) or (FUNCTIONS[name] != "step" and int(digits) == 0):
            cursor.fail(what, at=start)
        return int(digits)

    def _comparison(self, field: Field, start: int) -> Node:
        cursor = self.cursor
        cursor.skip()
        cursor.note("operator", field)
        negated = self._sees_word_operator() and self._keyword("not")
        node: Node
        if self._keyword("in"):
            node = self._in(field)
        elif self._keyword("between"):
            node = self._between(field)
        else:
            node = self._compare(field, start)
        return Not(node) if negated else node

    def _compare(self, field: Field, start: int) -> Node:
        cursor = self.cursor
        operator_at = cursor.at
        op = next((op for op in OPERATORS if cursor.take(op)), None)
        if op is None:
            cursor.fail("an operator such as = or <", hint=f"has:{cursor.text[start:operator_at].strip()}")
        if cursor.take("="):
            cursor.refuse("the operator is a single `=`", at=operator_at, hint=f"{field}=…")
        cursor.skip()
        value_at = cursor.at
        value = self._value(field, pattern=op == "~")
        check(cursor, Use(field, op, value, operator_at, value_at))
        return Compare(field, op, value)

    def _in(self, field: Field) -> Node:
        cursor = self.cursor
        operator_at = cursor.at - len("in")
        cursor.skip()
        if not cursor.take("("):
            cursor.fail("`(` after `in`", hint=f"{field} in (a, b)")
        values: list[Value] = []
        while True:
            cursor.skip()
            value_at = cursor.at
            values.append(self._value(field))
            check(cursor, Use(field, "=", values[-1], operator_at, value_at))
            cursor.skip()
            if not cursor.take(","):
                break
            if len(values) >= MAX_VALUES:
                cursor.refuse(f"the list has more than {MAX_VALUES} values")
        if not cursor.take(")"):
            cursor.fail("`,` or `)`")
        return In(field, tuple(values))

    def _between(self, field: Field) -> Node:
        cursor = self.cursor
        operator_at = cursor.at - len("between")
        ends: list[Value] = []
        for op in (">=", "<="):
            cursor.skip()
            value_at = cursor.at
            ends.append(self._value(field, in_range=True))
            check(cursor, Use(field, op, ends[-1], operator_at, value_at))
            cursor.skip()
            if op == ">=" and not cursor.take(".."):
                cursor.fail("`..` and the end of the range", hint=f"{field} between 0..1")
        low, high = ends
        if low.kind == high.kind == "number" and cast("float", low.number) > cast("float", high.number):
            cursor.refuse("the range is empty", at=operator_at, hint=f"{field} between {high}..{low}")
        return Between(field, low, high)

    def _value(self, field: Field, *, in_range: bool = False, pattern: bool = False) -> Value:
        cursor = self.cursor
        cursor.note("value", field)
        start = cursor.at
        if cursor.sees('"') or cursor.sees("'"):
            return Value("quoted", cursor.quoted())
        if pattern and cursor.sees("/"):
            return Value("regex", *_swap(cursor.pattern()))
        word = cursor.bare_value(in_range=in_range)
        if not word:
            cursor.fail("a value", hint=f'{field}~"(a|b)"' if pattern and cursor.sees("(") else "")
        if word.lower() in KEYWORDS:
            cursor.fail("a value", at=start, hint=f'write "{word}" for the word')
        return Value("text", word) if pattern else read_value(word)


def _guess(word: str) -> Field:
    """Return the field a plain word names."""
    name = ALIASES.get(word, word)
    return Field("run", name) if name in FIELDS else Field("path", word)


def _swap(found: tuple[str, str]) -> tuple[str, None, str]:
    return found[0], None, found[1]


def _flat(parts: list[Node], kind: type[And | Or]) -> list[Node]:
    """Return the parts with those of the same kind dissolved."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return flat


def _hint_for_rest(cursor: Cursor) -> str:
    """Return what may have been meant by a character that cannot follow."""
    if cursor.sees(","):
        return "a list is written field in (a, b)"
    if any(cursor.sees(sign) for sign in "&|"):
        return "write `and` and `or`"
    if any(cursor.sees(sign) for sign in "<>=~"):
        return "comparisons do not chain: lr between 0..1, or lr>0 and lr<1"
    return "remove the `)`" if cursor.sees(")") else ""
