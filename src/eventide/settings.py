"""All settings in one table, and the one place that decides which source of a value wins.

A value comes from an argument, else from the environment, else from the configuration file (`configfile`), else from the default.
Empty environment variables count as unset.
Invariant: whoever needs a setting asks here; a value handed out has been checked, and `Origin` says where it came from.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from eventide import configfile
from eventide.errors import InvalidSetting

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class Setting(NamedTuple):
    """One row of the table (a named tuple: it is read at the start of every training script, where a dataclass costs more)."""

    name: str
    type: type
    """str, int, float, bool or tuple (of texts, comma-separated in the environment)."""
    default: Any
    env: str | None
    """Environment variable; None for what only code sets."""
    help: str
    choices: tuple[str, ...] = ()
    """All allowed texts, of lists for each of them; for numbers, texts allowed beside numbers."""
    minimum: float | None = None
    is_path: bool = False
    """Whether a configuration file gives it relative to its own folder."""
    in_files: bool = True
    """Whether a configuration file may give it; what names one run, and what is secret, may not."""
    is_secret: bool = False
    """Whether its value is shown to nobody."""


class Value(NamedTuple):
    """A checked value and where it came from."""

    value: Any
    origin: str
    """`argument`, the name of an environment variable, the path of a configuration file, or `default`."""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "dir",
        str,
        None,
        "EVENTIDE_DIR",
        "The store: a folder. Default: the nearest `.eventide/` upwards, else `./.eventide`.",
        is_path=True,
    ),
    Setting("project", str, "default", "EVENTIDE_PROJECT", "Project of new runs."),
    Setting("name", str, None, "EVENTIDE_NAME", "Name of the run; default: made of two words."),
    Setting("group", str, None, "EVENTIDE_GROUP", "Group of the run, such as a sweep or a set of seeds."),
    Setting("tags", tuple, (), "EVENTIDE_TAGS", "Tags of the run, separated by commas."),
    Setting("notes", str, None, "EVENTIDE_NOTES", "Notes on the run, Markdown."),
    Setting("run_id", str, None, "EVENTIDE_RUN_ID", "Id of the run; ranks of one launch share it.", in_files=False),
    Setting(
        "reproduces",
        str,
        None,
        "EVENTIDE_REPRODUCES",
        "Id of the run that new runs repeat, kept as their value `reproduces`; `eventide reproduce --run` sets it.",
        in_files=False,
    ),
    Setting(
        "snapshot",
        str,
        "auto",
        "EVENTIDE_SNAPSHOT",
        "Whether runs of `eventide.init` keep their code: `auto` where the script lies in a git repository or beside a configuration file.",
        ("auto", "on", "off"),
    ),
    Setting(
        "code_dir",
        str,
        None,
        "EVENTIDE_CODE_DIR",
        "The folder that is kept as code; default: that of the repository or configuration file.",
        is_path=True,
    ),
    Setting(
        "resume",
        str,
        "never",
        "EVENTIDE_RESUME",
        "What to do when the run id exists: fail, go on with it, or insist that it exists.",
        ("never", "allow", "must"),
    ),
    Setting(
        "mode",
        str,
        "disk",
        "EVENTIDE_MODE",
        "Where records go: the store, a private store that vanishes at exit, or nowhere.",
        ("disk", "memory", "disabled"),
    ),
    Setting("quiet", bool, False, "EVENTIDE_QUIET", "Print nothing at the start and the end of a run."),
    Setting("fsync_interval_s", float, 5.0, "EVENTIDE_FSYNC_INTERVAL_S", "Seconds between fsyncs.", minimum=0.01),
    Setting(
        "heartbeat_interval_s",
        float,
        10.0,
        "EVENTIDE_HEARTBEAT_INTERVAL_S",
        "Seconds between signs of life.",
        minimum=0.01,
    ),
    Setting(
        "part_size_bytes",
        int,
        16 * 1024 * 1024,
        "EVENTIDE_PART_SIZE_BYTES",
        "Size at which a part of the journal closes.",
        minimum=1024,
    ),
    Setting("hub", str, None, "EVENTIDE_HUB", "Address of a hub to send runs to while they are written."),
    Setting(
        "hub_timeout_s",
        float,
        10.0,
        "EVENTIDE_HUB_TIMEOUT_S",
        "Longest time the end of a run waits for the hub, in seconds.",
        minimum=0.0,
    ),
    Setting("token", str, None, "EVENTIDE_TOKEN", "What servers and hubs ask for.", in_files=False, is_secret=True),
    Setting("token_file", str, None, "EVENTIDE_TOKEN_FILE", "File that holds the token.", is_path=True),
    Setting(
        "ca_file",
        str,
        None,
        "EVENTIDE_CA_FILE",
        "Certificates to trust in servers and hubs, instead of the system's.",
        is_path=True,
    ),
    Setting(
        "objects",
        str,
        None,
        "EVENTIDE_OBJECTS",
        "Where objects are kept: `s3://bucket/prefix`; default: in the store.",
    ),
    Setting(
        "cache_dir",
        str,
        None,
        "EVENTIDE_CACHE_DIR",
        "Folder of rebuildable files; default: the user's cache folder.",
        is_path=True,
    ),
    Setting(
        "format",
        str,
        None,
        "EVENTIDE_FORMAT",
        "Output of the command line; default: a table on a terminal, else TSV.",
        ("table", "tsv", "json", "jsonl", "csv", "md"),
    ),
    Setting("memory_limit_mb", int, 640, "EVENTIDE_MEMORY_LIMIT_MB", "Memory DuckDB may use, in MB.", minimum=16),
    Setting(
        "keep_journal_days",
        float,
        7.0,
        "EVENTIDE_KEEP_JOURNAL_DAYS",
        "Days that sealed journal files are kept, or `forever`.",
        ("forever",),
        minimum=0,
    ),
    Setting("color", str, "auto", "EVENTIDE_COLOR", "Colour on the terminal.", ("auto", "always", "never")),
    Setting(
        "capture",
        tuple,
        ("all",),
        "EVENTIDE_CAPTURE",
        "What is noted of where a run comes from: `all`, `none`, or some of the others, separated by commas.",
        ("all", "none", "git", "command", "python", "host", "gpu", "launcher", "user"),
    ),
    Setting(
        "system_interval_s",
        float,
        10.0,
        "EVENTIDE_SYSTEM_INTERVAL_S",
        "Seconds between samples of the machine's use; 0 takes none.",
        minimum=0,
    ),
    Setting(
        "console",
        str,
        "python",
        "EVENTIDE_CONSOLE",
        "What is kept of the console: what Python prints, all that is written to the descriptors, or nothing.",
        ("python", "fd", "off"),
    ),
    Setting(
        "tui_keys",
        tuple,
        (),
        "EVENTIDE_TUI_KEYS",
        "Other keys for actions of the terminal UI, such as `run.pin=ctrl+p`, separated by commas; its help lists the actions.",
    ),
    Setting("tui_theme", str, "auto", "EVENTIDE_TUI_THEME", "Colours of the terminal UI.", ("auto", "dark", "light")),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_FILE_NAMES = tuple(setting.name for setting in SETTINGS if setting.in_files)


def find(name: str) -> Setting:
    """Return the row of one setting; raises InvalidSetting with the nearest name when there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise InvalidSetting(f"there is no setting `{name}`", hint=_nearest(name, tuple(_BY_NAME))) from None


def resolve(name: str, argument: Any = None) -> Value:
    """Return the value of a setting and its origin: `argument` unless None, else the environment's, the file's, the default.

    Raises:
        InvalidSetting: the value is none this setting can have, or there is no such setting.
    """
    setting = find(name)
    if argument is not None:
        return Value(_check(setting, argument, f"the argument `{name}`"), "argument")
    text = os.environ.get(setting.env) if setting.env else None
    if text:
        return Value(
            _check(setting, _parse(setting, text), f"the environment variable `{setting.env}`"), str(setting.env)
        )
    file = configfile.current()
    if file is not None:
        values = _values_of(file)
        if name in values:
            return Value(values[name], file.path)
    return Value(setting.default, "default")


def get(name: str, argument: Any = None) -> Any:
    """Return the value of a setting; see `resolve`."""
    return resolve(name, argument).value


def get_anyway(name: str) -> Any:
    """Return the value of a setting, its default where it cannot be used now: for the end of a run, which must not fail over it."""
    try:
        return resolve(name).value
    except InvalidSetting:
        return find(name).default


_checked: tuple[configfile.File | None, dict[str, Any]] = (None, {})
"""The file last seen, and its values, checked."""


def _values_of(file: configfile.File) -> dict[str, Any]:
    """Return the values of a configuration file, checked; raises InvalidSetting for the first that cannot be used."""
    global _checked  # noqa: PLW0603 - one file holds for a whole process, nearly always
    known, values = _checked
    if known is not file:
        values = {name: _value_in_file(file, name, value) for name, value in file.values.items()}
        _checked = file, values
    return values


def _value_in_file(file: configfile.File, name: str, value: Any) -> Any:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise InvalidSetting(f"`{file.path}` sets `{name:.60}`, which is no setting", hint=_nearest(name, _FILE_NAMES))
    if not setting.in_files:
        raise InvalidSetting(f"`{file.path}` sets `{name}`, which belongs to one run", hint=f"{setting.env}=...")
    if isinstance(value, dict):
        raise InvalidSetting(f"`{name}` in `{file.path}` is a table; it can be a single value")
    checked = _check(setting, value, f"`{name}` in `{file.path}`")
    return file.place(checked) if setting.is_path else checked


def _parse(setting: Setting, text: str) -> Any:
    """Turn the text of an environment variable into the setting's type; what does not parse is returned as it is."""
    if setting.type is bool:
        lowered = text.strip().lower()
        return True if lowered in _TRUE else False if lowered in _FALSE else text
    if setting.type is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if setting.type in (int, float) and text not in setting.choices:
        try:
            return setting.type(text)
        except ValueError:
            return text
    return text


def _check(setting: Setting, value: Any, what: str) -> Any:
    """Return `value` as the setting's type if it can have it, else raise InvalidSetting."""
    if setting.type is tuple:
        return _check_texts(setting, value, what)
    if setting.type is str:
        if hasattr(value, "__fspath__"):
            value = os.fspath(value)
        if not isinstance(value, str):
            raise InvalidSetting(f"{what} is a {type(value).__name__}, not a text")
        if setting.choices and value not in setting.choices:
            raise InvalidSetting(
                f"{what} is `{value:.60}`; it can be {_listed(setting.choices)}", hint=_nearest(value, setting.choices)
            )
        return value
    if setting.type is bool:
        if not isinstance(value, bool):
            raise InvalidSetting(f"{what} is `{value!s:.60}`; it can be `true` or `false`")
        return value
    return _check_number(setting, value, what)


def _check_number(setting: Setting, value: Any, what: str) -> Any:
    if isinstance(value, str) and value in setting.choices:
        return value
    wanted = "a whole number" if setting.type is int else "a number"
    allowed = f"{wanted} of {setting.minimum:g} or more" if setting.minimum is not None else wanted
    if setting.choices:
        allowed += f", or {_listed(setting.choices)}"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or (setting.type is int and not _is_whole(value)):
        raise InvalidSetting(f"{what} is `{value!s:.60}`; it can be {allowed}")
    if setting.minimum is not None and not value >= setting.minimum:
        raise InvalidSetting(f"{what} is `{value:g}`; it can be {allowed}")
    return setting.type(value)


def _is_whole(value: float) -> bool:
    return isinstance(value, int) or value.is_integer()


def _check_texts(setting: Setting, value: Any, what: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = (value,)
    texts = tuple(value) if hasattr(value, "__iter__") else None
    if texts is None or not all(isinstance(text, str) for text in texts):
        raise InvalidSetting(f"{what} is `{value!r:.60}`; it can be a list of texts")
    for text in texts if setting.choices else ():
        if text not in setting.choices:
            raise InvalidSetting(
                f"{what} holds `{text:.60}`; it can hold {_listed(setting.choices)}",
                hint=_nearest(text, setting.choices),
            )
    return texts


def _listed(choices: tuple[str, ...]) -> str:
    quoted = [f"`{choice}`" for choice in choices]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _nearest(text: str, choices: tuple[str, ...]) -> str:
    """Return a hint that names the nearest of the choices."""
    import difflib  # noqa: PLC0415 - only on the way to an error

    near = difflib.get_close_matches(text, choices, n=1, cutoff=0.0)
    return f"did you mean `{near[0]}`?" if near else ""
