"""Settings: one table, one precedence, checked values."""

from __future__ import annotations

import pytest

from eventide import settings
from eventide.errors import InvalidSetting, MissingExtra
from eventide.settings import SETTINGS, Value


def test_argument_wins_over_environment_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument beats the environment, which beats the default, and the origin says which it was."""
    assert settings.resolve("project") == Value("default", "default")
    monkeypatch.setenv("EVENTIDE_PROJECT", "from-environment")
    assert settings.resolve("project") == Value("from-environment", "EVENTIDE_PROJECT")
    assert settings.resolve("project", "given") == Value("given", "argument")


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment variable that is set to nothing changes nothing."""
    monkeypatch.setenv("EVENTIDE_MODE", "")
    assert settings.get("mode") == "disk"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("tags", "a, b,,c ", ("a", "b", "c")),
        ("quiet", "Yes", True),
        ("quiet", "0", False),
        ("part_size_bytes", "65536", 65536),
        ("fsync_interval_s", "0.5", 0.5),
        ("keep_journal_days", "forever", "forever"),
        ("keep_journal_days", "30", 30.0),
    ],
)
def test_text_of_the_environment_becomes_the_settings_type(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    """What the environment says in text arrives as the setting's own type."""
    monkeypatch.setenv(str(settings.find(name).env), text)
    assert settings.get(name) == value
    assert type(settings.get(name)) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mode", "dsik"),
        ("quiet", "perhaps"),
        ("part_size_bytes", "big"),
        ("part_size_bytes", "1"),
        ("part_size_bytes", "nan"),
        ("fsync_interval_s", "-1"),
        ("keep_journal_days", "never"),
    ],
)
def test_impossible_value_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A value a setting cannot have is refused with the variable and the value in the message."""
    variable = str(settings.find(name).env)
    monkeypatch.setenv(variable, text)
    with pytest.raises(InvalidSetting, match=variable) as caught:
        settings.get(name)
    assert f"`{text}`" in caught.value.message


def test_nearest_choice_is_offered() -> None:
    """A misspelt choice comes back with the choices and the nearest one."""
    with pytest.raises(InvalidSetting) as caught:
        settings.get("mode", "memroy")
    assert "`disk`, `memory` or `disabled`" in caught.value.message
    assert caught.value.hint == "did you mean `memory`?"


def test_unknown_setting_is_refused() -> None:
    """Asking for a setting that is not in the table names the nearest one."""
    with pytest.raises(InvalidSetting) as caught:
        settings.get("projct")
    assert caught.value.hint == "did you mean `project`?"


def test_table_is_consistent() -> None:
    """Names and variables are unique, and every default is a value the setting can have."""
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    variables = [setting.env for setting in SETTINGS if setting.env]
    assert len(set(variables)) == len(variables)
    for setting in SETTINGS:
        if setting.default is not None:
            assert settings.get(setting.name, setting.default) == setting.default


def test_missing_package_names_the_command() -> None:
    """An optional package that is not installed is one error with the command that installs it."""
    from eventide._optional import require

    assert require("json", "polars").__name__ == "json"
    with pytest.raises(MissingExtra) as caught:
        require("no_such_package_of_anybody", "plots")
    assert caught.value.hint == "pip install 'eventide[plots]'"
