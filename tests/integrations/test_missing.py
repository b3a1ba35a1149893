"""A training library that is missing is one error with the command that installs it."""

from __future__ import annotations

import importlib
import sys

import pytest

from eventide import integrations
from eventide.errors import MissingExtra

HOMES = {
    "HuggingFaceCallback": ("transformers", "transformers"),
    "KerasCallback": ("keras", "keras"),
    "LightningLogger": ("lightning", "lightning"),
    "SklearnCallback": ("sklearn", "scikit-learn"),
    "XGBoostCallback": ("xgboost", "xgboost"),
}


@pytest.mark.parametrize("name", HOMES)
def test_a_missing_library_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback's name is there; asking for it without its library names the package."""
    library, package = HOMES[name]
    monkeypatch.delitem(vars(integrations), name, raising=False)
    for module in [module for module in sys.modules if module == library or module.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(integrations, "import_module", fresh)
    with pytest.raises(MissingExtra) as caught:
        getattr(integrations, name)
    assert caught.value.hint == f"pip install {package}"
    assert name in dir(integrations)


def fresh(name: str) -> object:
    """Import a module as if for the first time, and leave the one that was there."""
    before = sys.modules.pop(name, None)
    try:
        return importlib.import_module(name)
    finally:
        if before is not None:
            sys.modules[name] = before


def test_unknown_names() -> None:
    """A name that is none is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="JaxCallback"):
        integrations.JaxCallback  # noqa: B018 - asking is the test
