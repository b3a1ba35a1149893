"""Where experiments are kept: `config.json` with its seven keys.

`tmt_dir` is relative to the current folder; `snapshot_target`, `last_snapshot_link`, `json_db_path` and `results_path` are joined to it;
`snapshot_source` and `gitignore_path` stand for themselves. Invariant: recorder and manager look for the file in the same way.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.compat.tmt.history.snapshot import SnapshotManager

DEFAULT_DIR = ".tmt"
CONFIG_NAME = "config.json"


@dataclass
class Configs:
    """The paths; those of targets hold `tmt_dir` already."""

    tmt_dir: str = DEFAULT_DIR
    snapshot_source: str = "."
    snapshot_target: str = "snapshots"
    last_snapshot_link: str = "snapshots/last"
    gitignore_path: str = ".gitignore"
    json_db_path: str = "tmt_db.json"
    results_path: str = "results"

    def __post_init__(self) -> None:
        folder = Path(self.tmt_dir)
        self.tmt_dir = str(folder)
        for name in ("snapshot_target", "last_snapshot_link", "json_db_path", "results_path"):
            setattr(self, name, str(folder / getattr(self, name)))

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Configs:
        """Return the config of a dict; raises InvalidSetting for a key there is not, or a value that is no text."""
        known = {item.name for item in fields(cls)}
        for name, value in content.items():
            if name not in known or not isinstance(value, str):
                what = "is no text" if name in known else f"is none of {', '.join(sorted(known))}"
                raise InvalidSetting(f"the key `{name!s:.60}` of a tmt config {what}")
        return cls(**content)

    @classmethod
    def from_json(cls, text: str) -> Configs:
        """Return the config of a JSON text; lines of comments (`//`) are passed over. Raises InvalidSetting."""
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("//")]
        try:
            content = json.loads("\n".join(lines))
        except ValueError as error:
            raise InvalidSetting(f"a tmt config is no JSON: {error}") from None
        if not isinstance(content, dict):
            raise InvalidSetting("a tmt config is a JSON object")
        return cls.from_dict(content)

    @classmethod
    def from_config(cls, path: str | os.PathLike[str]) -> Configs:
        """Return the config of a file; raises InvalidSetting when it cannot be read."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidSetting(f"cannot read the tmt config `{path}`: {error.strerror or error}") from error
        return cls.from_json(text)

    @classmethod
    def default_config(cls) -> Configs:
        """Return the config that holds without a file."""
        return cls()

    @classmethod
    def from_default_path_or_default_config(cls) -> Configs:
        """Return the config of `.tmt/config.json` in the current folder, else the default one."""
        path = Path(DEFAULT_DIR) / CONFIG_NAME
        return cls.from_config(path) if path.is_file() else cls()

    @classmethod
    def find(cls, path: str | os.PathLike[str] | None) -> Configs:
        """Return the config of a file that was named, else the one of the current folder."""
        return cls.from_default_path_or_default_config() if path is None else cls.from_config(path)

    def to_dict(self) -> dict[str, str]:
        """Return the paths as a dict."""
        return asdict(self)

    def init_snapshot_manager(self, id: str) -> SnapshotManager:  # noqa: A002 - the name old scripts know
        """Return what takes a snapshot under an id, in the folders of this config."""
        from eventide.compat.tmt.history.snapshot import SnapshotManager  # noqa: PLC0415 - only for who asks

        return SnapshotManager(
            id, self.tmt_dir, self.snapshot_target, self.snapshot_source, self.last_snapshot_link, self.gitignore_path
        )
