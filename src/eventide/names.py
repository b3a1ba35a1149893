"""What a project, run, tag and key may be called, and how new ids are made.

Invariant: no name that passes a check here can leave the folder it is joined to. Every name that comes from a user, a log
line or the network goes through these functions before it touches a path.
"""

from __future__ import annotations

import os
import time

from eventide.errors import InvalidKey, InvalidName

MAX_NAME_CHARS = 128
"""Longest project, group or tag name, and longest run id, in characters."""

RESERVED_COLUMNS = frozenset({"run_id", "step", "ts"})
"""Column names that belong to Eventide; a user key of that name is stored with one more `_` in front."""

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
_HEX = frozenset("0123456789abcdef")
_ID_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

_ADJECTIVES = (  # noqa: SIM905 - a hundred words read best as text
    "amber ancient arctic autumn azure bold brave bright brisk bronze calm candid careful cheerful clever cobalt coral "
    "cosmic crimson crystal curious dapper daring dawn deep deft distant dusky eager early earnest easy electric emerald "
    "epic fabled fair fancy fearless fervent fiery fleet fond frank fresh frosty gallant gentle gilded glad gleaming "
    "golden grand great green happy hardy hidden honest humble icy indigo ivory jade jolly keen kind lilac lively loyal "
    "lucid lucky lunar magic maroon marvellous mellow merry mighty misty modest mossy neat nimble noble northern olive opal "
    "pale patient pearl placid plucky polar polite proud quick quiet radiant rapid rare ruby rustic sage scarlet serene "
    "sharp shy silent silver sleek smooth snowy solar spry steady stellar sunny"
).split()
_NOUNS = (  # noqa: SIM905
    "albatross alpaca antelope badger bear beaver bison bittern bobcat buffalo bullfinch bunting camel caribou cat "
    "chamois cheetah cicada condor coral cormorant cougar coyote crane cricket crow curlew deer dingo dolphin dormouse dove "
    "dragonfly duck eagle egret eland elk ermine falcon ferret finch firefly flamingo fox gannet gazelle gecko gibbon "
    "goldfinch goose grebe grouse gull hare hawk hedgehog heron hoopoe ibex ibis jackal jackdaw jay kestrel kingfisher "
    "kite kiwi koala lapwing lark lemur leopard linnet lion lizard llama lynx magpie manatee marten merlin mink mole "
    "moose moth newt nightjar ocelot osprey otter owl panda partridge pelican penguin petrel pika plover puffin puma "
    "quail rabbit raven robin salmon sandpiper seal shrew skylark snipe sparrow starling stoat stork swallow swan swift "
    "tapir tern thrush tiger toad trout turtle"
).split()


def new_run_id(now_s: float) -> str:
    """Return a fresh run id such as `20261120-101502-marvellous-stork-7f3akx2m`.

    Sortable by its start (`now_s`, seconds since the epoch, rendered in UTC) and readable. The words and the suffix carry
    53 random bits (13 in the words, 40 in the suffix), so ten thousand jobs started in the same second do not collide.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_s))
    suffix = "".join(_ID_ALPHABET[byte & 31] for byte in os.urandom(8))
    number = int.from_bytes(os.urandom(8), "big")  # not `secrets`, whose import takes 10 ms
    words = f"{_ADJECTIVES[number % len(_ADJECTIVES)]}-{_NOUNS[number // len(_ADJECTIVES) % len(_NOUNS)]}"
    return f"{stamp}-{words}-{suffix}"


def name_of(run_id: str) -> str:
    """Return the human part of a generated run id (`marvellous-stork`), or the id itself if it is the user's own."""
    parts = run_id.split("-")
    return "-".join(parts[2:4]) if len(parts) == 5 and parts[0].isdigit() and parts[1].isdigit() else run_id


def check_run_id(run_id: object) -> str:
    """Return `run_id` if it can name a folder on every system, else raise `InvalidName`."""
    if not isinstance(run_id, str) or not run_id or len(run_id) > MAX_NAME_CHARS:
        raise InvalidName(f"`{run_id!r:.60}` cannot be a run id: it needs 1 to {MAX_NAME_CHARS} characters")
    if not _ID_SAFE.issuperset(run_id) or run_id[0] in ".-" or run_id.endswith("."):
        raise InvalidName(
            f"`{run_id!r:.60}` cannot be a run id",
            hint="use letters, digits, `-`, `_` and `.`, not starting with `.` or `-`",
        )
    return run_id


def check_sha256(value: str) -> str:
    """Return a SHA-256 in lower-case hexadecimal as it is; raises InvalidName for anything else."""
    if len(value) != 64 or not set(value) <= _HEX:
        raise InvalidName(f"`{value!r:.80}` is not a SHA-256 in lower-case hexadecimal")
    return value


def check_label(value: object, what: str) -> str:
    """Return `value` if it can be a project, group, run or tag name, else raise `InvalidName`.

    Allowed is any printable text of 1 to 128 characters without `/`, backslash or control characters that does not start
    or end with a space or a dot.
    """
    if not isinstance(value, str) or not value or len(value) > MAX_NAME_CHARS:
        raise InvalidName(f"`{value!r:.60}` cannot be used as {what} name: it needs 1 to {MAX_NAME_CHARS} characters")
    if value[0] in " ." or value[-1] in " ." or "/" in value or "\\" in value or _has_control(value):
        raise InvalidName(
            f"`{value!r:.60}` cannot be used as {what} name",
            hint="leave out `/`, backslashes and control characters, and do not start or end with a space or a dot",
        )
    return value


def check_artifact_name(value: object) -> str:
    """Return `value` if it can be the name of an artifact, else raise `InvalidName`: a label without `:`, `@` and `..`."""
    name = check_label(value, "artifact")
    if ":" in name or "@" in name or ".." in name:
        raise InvalidName(
            f"`{name:.60}` cannot be an artifact name",
            hint="leave out `:`, `@` and `..`; a version follows the name: `model:v3`",
        )
    return name


def check_alias(value: object) -> str:
    """Return `value` if it can be an alias of an artifact's version, else raise `InvalidName`; `v3` is a version, no alias."""
    alias = check_label(value, "alias")
    if ":" in alias or "@" in alias or ".." in alias or (alias[0] == "v" and alias[1:].isdigit()):
        raise InvalidName(f"`{alias:.60}` cannot be an alias", hint="a word such as `best` or `production`")
    return alias


def _has_control(value: str) -> bool:
    """Tell whether a text holds control, format or unassigned characters."""
    if value.isprintable():
        return False
    import unicodedata  # noqa: PLC0415 - only for unusual names

    return any(unicodedata.category(c)[0] == "C" for c in value)


def folder_of(project: str) -> str:
    """Return the folder name of a checked project name: itself with every unusual byte as `~` and two hexadecimal digits.

    Not `%`: the Delta library decodes percent signs in paths, and then looks for the folder elsewhere.
    """
    from urllib.parse import quote  # noqa: PLC0415 - not needed to log

    return quote(project, safe=" -_.+@").replace("~", "%7E").replace("%", "~")


def project_of(folder: str) -> str:
    """Return the project whose folder is named so; the inverse of `folder_of`."""
    from urllib.parse import unquote  # noqa: PLC0415 - not needed to log

    return unquote(folder.replace("~", "%"))


def check_key(key: object) -> str:
    """Return `key` if it can be logged, else raise `InvalidKey`; any non-empty string of real characters can."""
    if type(key) is not str and not isinstance(key, str):
        raise InvalidKey(
            f"the key `{key!r:.60}` is a {type(key).__name__}, not a string", hint="log({str(key): value})"
        )
    if not key:
        raise InvalidKey("the empty string cannot be a key")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise InvalidKey(f"the key `{key!r:.60}` holds half of a surrogate pair, which is no character") from None
    return str(key)


def escape_key(key: str) -> str:
    """Return the stored name of a user's key: one `_` more in front of reserved names and of names that begin with `_`."""
    return "_" + key if key[0] == "_" or key in RESERVED_COLUMNS else key


def unescape_key(name: str) -> str:
    """Return the user's key of a stored name; the inverse of `escape_key`."""
    return name[1:] if name[0] == "_" else name
