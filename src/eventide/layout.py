"""The directory tree of a store; the only module that joins its paths.

    <store>/
      store.json                          format version and store id, created exclusively
      runs/<run-id>/<writer>-<n>.jsonl    parts of the journal
      launches/<hash>                     run id shared by the ranks of one distributed launch
      names/<project>/<hash>              first run id of each name of recorded functions
      artifacts/<project>/<hash>/v<n>     content (SHA-256 of the manifest) that has this version number
      objects.json                        where objects are kept, if not here
      objects/<2 hex>/<sha256>            content-addressed bytes, mode 0444
      snapshots/<run-id>/                 code trees
      tables/<project>/<table>/           Delta tables: events, system, console, runs

Invariant: every path handed out lies inside the store; names are checked by `names` before they are joined here.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import orjson

from eventide import configfile
from eventide.errors import NotAStore, StoreDamaged, StoreTooNew, StoreUnwritable
from eventide.names import check_run_id, check_sha256, folder_of

STORE_VERSION = 1
"""Highest store format this code reads and the one it writes."""

STORE_DIR = ".eventide"
PART_SUFFIX = ".jsonl"
TABLES = ("events", "system", "console", "runs")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one store. Creating a Layout touches nothing; `create()` and `check()` do."""

    root: Path

    @property
    def store_json(self) -> Path:
        """The file that makes a folder a store."""
        return self.root / "store.json"

    @property
    def runs_dir(self) -> Path:
        """The folder of all runs; its mtime moves whenever any part is opened (see `announce`)."""
        return self.root / "runs"

    @property
    def launches_dir(self) -> Path:
        """The folder of launch files."""
        return self.root / "launches"

    @property
    def objects_dir(self) -> Path:
        """The folder of content-addressed bytes."""
        return self.root / "objects"

    @property
    def tables_dir(self) -> Path:
        """The folder of sealed tables, one folder per project."""
        return self.root / "tables"

    def name_file(self, project: str, name: str) -> Path:
        """The file that says which run of a project was the first recorded under a name."""
        from hashlib import sha256  # noqa: PLC0415 - 5 ms that only recorded functions need

        return self.root / "names" / folder_of(project) / sha256(name.encode()).hexdigest()[:32]

    def claims_dir(self, project: str, name: str) -> Path:
        """The folder that says which version numbers of an artifact are taken, and by which content."""
        from hashlib import sha256  # noqa: PLC0415 - 5 ms that only artifacts need

        return self.root / "artifacts" / folder_of(project) / sha256(name.encode()).hexdigest()[:32]

    def run_dir(self, run_id: str) -> Path:
        """The folder of one run's journal."""
        return self.runs_dir / check_run_id(run_id)

    def snapshot_dir(self, run_id: str) -> Path:
        """The folder of one run's code tree."""
        return self.root / "snapshots" / check_run_id(run_id)

    def part(self, run_id: str, writer: str, number: int) -> Path:
        """The file of one part; numbers start at 0."""
        return self.run_dir(run_id) / f"{writer}-{number:06d}{PART_SUFFIX}"

    def object(self, sha256: str) -> Path:
        """The file of one object."""
        return self.objects_dir / check_sha256(sha256)[:2] / sha256

    def table(self, project: str, table: str) -> Path:
        """The folder of one Delta table of a project."""
        return self.tables_dir / folder_of(project) / table

    def announce(self) -> None:
        """Move the mtime of `runs/`, so that readers look for new parts; costs them one stat when nothing is new."""
        with contextlib.suppress(OSError):
            os.utime(self.runs_dir)

    def create(self, *, now_s: float) -> str:
        """Make the store unless it is there; return its id. Safe for any number of processes at once.

        Raises:
            StoreUnwritable: the folder cannot be made or written.
            StoreTooNew, StoreDamaged: there is a store that cannot be used.
        """
        exists = os.path.exists(self.store_json)  # noqa: PTH110 - pathlib's cost four times as much at start-up
        store_id = self.check() if exists else None  # nothing is written into a store that cannot be used
        try:
            os.makedirs(self.runs_dir, exist_ok=True)  # noqa: PTH103
            if not exists:
                body = orjson.dumps({"format": STORE_VERSION, "id": os.urandom(8).hex(), "created": now_s})
                temporary = self.root / f".store-{os.urandom(6).hex()}.tmp"
                temporary.write_bytes(body + b"\n")
                _publish(temporary, self.store_json)
        except OSError as error:
            raise StoreUnwritable(
                f"cannot write to the store `{self.root}`: {error.strerror or error}",
                hint="choose another folder with EVENTIDE_DIR=/path or dir=, or run without a store: mode='memory'",
            ) from error
        return store_id or self.check()

    def check(self) -> str:
        """Return the store's id, or raise `NotAStore`, `StoreTooNew` or `StoreDamaged`."""
        try:
            body = self.store_json.read_bytes()
        except FileNotFoundError:
            raise NotAStore(
                f"`{self.root}` is not an Eventide store: it has no store.json", hint=f"eventide init {self.root}"
            ) from None
        except OSError as error:
            raise NotAStore(f"cannot read the store `{self.root}`: {error.strerror or error}") from error
        try:
            content = orjson.loads(body)
            version, store_id = int(content["format"]), str(content["id"])
        except (ValueError, TypeError, KeyError):
            raise StoreDamaged(f"`{self.store_json}` is not a store description") from None
        if version > STORE_VERSION:
            raise StoreTooNew(
                f"`{self.root}` has format {version}; this Eventide reads up to {STORE_VERSION}",
                hint="pip install --upgrade eventide",
            )
        return store_id


def _publish(temporary: Path, final: Path) -> None:
    """Give a complete file its name, unless another process was first."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        pass
    except OSError:  # no hard links here: exclusive creation, and the short body is written in one call
        with contextlib.suppress(FileExistsError), open(final, "xb") as file:  # noqa: PTH123
            file.write(temporary.read_bytes())
    finally:
        temporary.unlink(missing_ok=True)


def default_root(start: Path | None = None) -> Path:
    """Return where the store is: $EVENTIDE_DIR, else `dir` of the configuration file, else the nearest `.eventide/`, else `./.eventide`.

    It is looked for upwards from `start`.
    """
    configured = os.environ.get("EVENTIDE_DIR")
    if configured:
        return Path(configured).expanduser()
    file = configfile.current() if start is None else None
    said = file.values.get("dir") if file is not None else None
    if file is not None and isinstance(said, str):
        return find_root(file.place(said))
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        candidate = folder / STORE_DIR
        if (candidate / "store.json").exists():
            return candidate
    return here / STORE_DIR


def find_root(path: str | os.PathLike[str] | None) -> Path:
    """Return the store meant by `path`: the folder itself, its `.eventide/`, or the default one when `path` is None."""
    if path is None:
        return default_root()
    root = Path(path).expanduser()
    if not (root / "store.json").exists() and (root / STORE_DIR / "store.json").exists():
        return root / STORE_DIR
    return root
