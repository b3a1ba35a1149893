"""What is shipped: the wheel, and the version in it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel as a release would."""
    target = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    (path,) = target.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.process
def test_wheel_holds_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """Every module is in the wheel, the mark of a typed package too, and nothing from outside the package."""
    src = ROOT / "src"
    modules = {path.relative_to(src).as_posix() for path in src.rglob("*.py")}
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert files >= modules | {"eventide/py.typed"}
    assert {name for name in files if not name.startswith("eventide/")} == set()


@pytest.mark.process
def test_wheel_works_without_the_source(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """The unpacked wheel imports, and is what is imported."""
    wheel.extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import eventide; print(eventide.__version__, eventide.__file__)"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    version, file = answer.stdout.split(maxsplit=1)
    assert Path(file.strip()).is_relative_to(tmp_path)
    assert f"eventide-{version}.dist-info/METADATA" in wheel.namelist()


def test_version_is_written_once() -> None:
    """Only `_version.py` says which version this is."""
    places = [
        path.relative_to(ROOT).as_posix()
        for path in [ROOT / "pyproject.toml", *sorted((ROOT / "src").rglob("*.py"))]
        if re.search(r"""^(__version__|version)\s*=\s*["']""", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert places == ["src/eventide/_version.py"]
