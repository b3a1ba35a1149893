"""Take secrets out of command lines, addresses and diffs.

A value goes when its name says that it is one (`--api-key`, `db.password=`), when it is the credentials of an address, or when it has the
shape of a known kind of token. Invariant: what is taken out is replaced by `***`, and everything else stays as it was; `max_tokens=512`
and `pad_token=<pad>` are no secrets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"

_WORDS = frozenset(
    {
        "auth", "authorization", "bearer", "credential", "credentials", "dsn", "passphrase", "passwd", "password", "passwords", "pw",
        "pwd", "secret", "secrets", "signature", "token", "apikey", "apitoken", "authtoken", "accesskey", "secretkey", "privatekey",
        "accesstoken",
    }
)  # fmt: skip
_KEYS = frozenset(
    {"access", "account", "api", "auth", "encryption", "license", "private", "secret", "session", "signing", "ssh"}
)
"""What makes a secret of a `key` that follows it."""
_ABOUT = frozenset(
    {
        "class", "count", "dim", "dir", "dropout", "embedding", "embeddings", "enabled", "env", "file", "id", "ids", "index", "len",
        "length", "level", "limit", "loss", "max", "min", "mode", "name", "num", "path", "policy", "size", "ttl", "type", "var", "weight",
    }
)  # fmt: skip
"""Last words of names that tell something about a secret, or about tokens of text, and hold none."""
_TEXT_TOKENS = frozenset(
    {
        "audio", "bos", "cls", "end", "eos", "first", "image", "mask", "max", "min", "new", "next", "num", "pad", "per", "prompt", "sep",
        "special", "start", "stop", "unk", "word",
    }
)  # fmt: skip
"""Words that make a `token` one of a text."""

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_ADDRESS = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://)([^\s/?#@'\"]*(?:@[^\s/?#@'\"]*)*)@(?=[^\s])")
_QUERY = re.compile(r"([?&;])([A-Za-z0-9_.~-]+)=([^&#\s'\";]+)")
_SHAPES = re.compile(
    r"\bgh[opusr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bhf_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abeprs]-[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[\w-]{30,}|\bdop_v1_[a-f0-9]{40,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|(?<=-----)BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?=-----)|\Z)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w+/=.~-]{8,}")
_NAMED = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*)(?P<between>[\"']?\s*(?:[:=]|=>)\s*)(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;&{}()\[\]]+)"
)
_OPTION = re.compile(r"(?P<name>[-+~]*[A-Za-z_][\w./@-]*)(?P<equals>:?=)(?P<value>[\s\S]*)")


def is_secret_name(name: str) -> bool:
    """Tell whether a parameter, option or variable of this name holds a secret."""
    words = [part.lower() for part in _PART.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        if word == "token":
            if before not in _TEXT_TOKENS:
                return place == len(words) - 1
        elif word in _WORDS or (word in ("key", "keys") and before in _KEYS):
            return True
    return False


def redact_arguments(arguments: Sequence[str]) -> list[str]:
    """Return a command line without its secrets: one text for each argument, in the same order."""
    found: list[str] = []
    follows = False
    for argument in arguments:
        if follows and not argument.startswith("--"):
            found.append(MASK)
            follows = False
            continue
        option = _OPTION.fullmatch(argument)
        if option and is_secret_name(option["name"]) and option["value"]:
            found.append(f"{option['name']}{option['equals']}{MASK}")
        else:
            found.append(redact_text(argument))
        follows = argument.startswith("-") and option is None and is_secret_name(argument)
    return found


def without_credentials(address: str) -> str:
    """Return an address without password, token or the like; `git@` and `ssh://user@` stay, they are no secrets."""
    return _SHAPES.sub(MASK, _QUERY.sub(_query, _ADDRESS.sub(_userinfo, address)))


def redact_text(text: str, *, literals_only: bool = False) -> str:
    """Return any text without the secrets that can be told.

    Args:
        text: any text.
        literals_only: of `name = value` only values in quotes count, as in program code.
    """

    def masked(found: re.Match[str]) -> str:
        value = found["value"]
        quote = value[0] if value[0] in "\"'" else ""
        if (literals_only and len(value) < 6) or (literals_only and not quote) or len(value) <= 2 * len(quote):
            return found[0]
        if not is_secret_name(found["name"]):
            return found[0]
        return f"{found['name']}{found['between']}{quote}{MASK}{quote}"

    return _NAMED.sub(masked, _BEARER.sub(rf"\1 {MASK}", without_credentials(text)))


def _userinfo(found: re.Match[str]) -> str:
    scheme, who = found[1], found[2]
    if "ssh" in scheme.lower() and ":" not in who:
        return found[0]
    return f"{scheme}{MASK}@"


def _query(found: re.Match[str]) -> str:
    name = found[2]
    secret = is_secret_name(name) or name.lower() in ("sig", "key", "x-amz-credential")
    return f"{found[1]}{name}={MASK}" if secret else found[0]
