"""Artifacts with real files, processes and interruptions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import eventide
from eventide.errors import EventideError, InvalidName, InvalidValue, ObjectNotFound, RunFinished, StoreDamaged
from eventide.model import Edit
from eventide.objects.manifest import Manifest, check_path
from eventide.table import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.sdk.run import Run
    from eventide.table.store import Store


@pytest.fixture
def run(store_dir: Path) -> Iterator[Run]:
    """Return a run in a store of its own."""
    with eventide.init(dir=store_dir, project="p") as made:
        yield made


@pytest.fixture
def store(run: Run, store_dir: Path) -> Iterator[Store]:
    """Return the store, open for reading."""
    assert not run.finished
    with eventide.open(store_dir) as opened:
        yield opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder of three files."""
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").write_text("b")
    (folder / "sub" / "c.bin").write_bytes(bytes(range(256)) * 40_000)
    return folder


def settle(folder: Path) -> None:
    """Make files old enough for their hashes to be remembered."""
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))


def test_versions_count_contents(run: Run, store: Store, data: Path) -> None:
    """Another content is the next version, the same content is the version it was; `latest` is what was logged last."""
    first = run.log_artifact(data, type="dataset", metadata={"n": 3}, description="three files", aliases=["best"])
    (data / "a.txt").write_text("other")
    second = run.log_artifact(data)
    assert [str(first), str(second)] == ["data:v0", "data:v1"]
    assert second.new_bytes == 5
    found = {version.version: version for version in store.artifacts()}
    assert (found[0].aliases, found[1].aliases) == (("best",), ("latest",))
    assert (found[0].metadata, found[0].description, found[0].type) == ({"n": 3}, "three files", "dataset")
    (data / "a.txt").write_text("a")
    assert run.log_artifact(data).version == 0
    assert store.artifact("data").version == 0
    assert store.artifact("data").metadata == {"n": 3}


def test_download_gives_the_files(run: Run, store: Store, data: Path, tmp_path: Path) -> None:
    """Every file comes back under its path; one that is there is left, one that is not what it was is replaced."""
    version = run.log_artifact(data)
    out = version.download(tmp_path / "out")
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == {
        path.relative_to(data): path.read_bytes() for path in data.rglob("*") if path.is_file()
    }
    (out / "b.txt").write_text("X")
    assert [problem.path for problem in store.artifact("data").verify(out)] == ["b.txt"]
    before = (out / "a.txt").stat().st_mtime_ns
    version.download(out)
    assert (out / "b.txt").read_text() == "b"
    assert (out / "a.txt").stat().st_mtime_ns == before
    assert version.verify() == []
    assert store.artifact("data").read("sub/c.bin") == (data / "sub/c.bin").read_bytes()


def test_an_interrupted_download_goes_on(
    run: Run, store: Store, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interrupted download left is not read again; nothing half stands under a final name; rubbish is begun anew."""
    monkeypatch.setattr(transfer, "BLOCK_BYTES", 1024 * 1024)
    run.log_artifact(data)
    found = store.artifact("data")
    real, asked = store.source.open_object, list[tuple[int, int | None]]()

    def failing(sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        asked.append((start, stop))
        if start >= 3 * 1024 * 1024:
            raise EventideError("the connection is gone")
        return real(sha256, start=start, stop=stop)

    monkeypatch.setattr(store.source, "open_object", failing)
    with pytest.raises(EventideError, match="connection"):
        found.download(tmp_path / "out")
    assert not (tmp_path / "out/sub/c.bin").exists()
    asked.clear()

    def noting(sha256: str, *, start: int = 0, stop: int | None = None) -> bytes:
        asked.append((start, stop))
        return real(sha256, start=start, stop=stop)

    monkeypatch.setattr(store.source, "open_object", noting)
    found.download(tmp_path / "out")
    assert (tmp_path / "out/sub/c.bin").read_bytes() == (data / "sub/c.bin").read_bytes()
    assert 3 * 1024 * 1024 in [start for start, _ in asked]
    (tmp_path / "out/sub/c.bin").unlink()
    entry = found.files["sub/c.bin"]
    (tmp_path / f"out/sub/.c.bin.{entry.sha256[:16]}.part").write_bytes(b"rubbish")
    found.download(tmp_path / "out")
    assert found.verify(tmp_path / "out") == []


def test_verify_finds_changed_and_missing_bytes(
    run: Run, store: Store, store_dir: Path, data: Path, tmp_path: Path
) -> None:
    """A byte that changed on the disk and an object that is gone are found, and such bytes are not handed out."""
    version = run.log_artifact(data)
    changed, gone = (
        store_dir / "objects" / sha[:2] / sha for sha in (version.files["a.txt"].sha256, version.files["b.txt"].sha256)
    )
    changed.chmod(0o644)
    changed.write_text("A")
    gone.unlink()
    assert [problem.path for problem in version.verify()] == ["a.txt", "b.txt"]
    with pytest.raises(StoreDamaged):
        version.download(tmp_path / "out")
    with pytest.raises(StoreDamaged):
        store.artifact("data").read("a.txt")


def test_lineage_and_use(run: Run, store: Store, store_dir: Path, data: Path) -> None:
    """Who made a version and who used it, across projects."""
    run.log_artifact(data)
    with eventide.init(dir=store_dir, project="other") as user:
        used = user.use_artifact("p/data:v0")
        assert store.artifact("data").lineage() == ((run.id,), (user.id,))
        assert [str(version) for version in store.run(user.id).used_artifacts()] == ["data:v0"]
    assert [str(version) for version in store.run(run.id).artifacts()] == ["data:v0"]
    assert used.digest == store.artifact("data:v0").digest


def test_what_does_not_exist_names_what_does(run: Run, data: Path) -> None:
    """A missing version names those there are, a missing name the names, a bad selector says how one looks."""
    run.log_artifact(data, aliases=["best"])
    for selector, hint in (("data:v7", r"v0 \(latest, best\)"), ("data:worst", "v0"), ("dat", "data")):
        with pytest.raises(ObjectNotFound, match=hint):
            run.use_artifact(selector)
    for selector in ("../x", "a:b:c", "", "a/b/c:v1", "x\n:v1"):
        with pytest.raises(InvalidName):
            run.use_artifact(selector)


@pytest.mark.parametrize("name", ["..", "a/b", "a:b", "a..b", "", "x\n", "a@b", " a", "x" * 200, "a\\b", "\u202ea"])
def test_names_that_cannot_be(run: Run, data: Path, name: str) -> None:
    """Names with `..`, slashes, colons and control characters are refused before anything is stored."""
    with pytest.raises(InvalidName):
        run.log_artifact(data, name)
    with pytest.raises(InvalidName):
        run.log_artifact(data, "ok", aliases=[name or "v3"])


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "C:/x", "a\0b", "", "\ud800"]
)
def test_paths_that_would_leave_the_folder(path: str) -> None:
    """A list of files cannot name a place outside the folder it is written to."""
    with pytest.raises(InvalidName):
        check_path(path)


def test_a_link_in_the_target_is_not_followed_out(run: Run, data: Path, tmp_path: Path) -> None:
    """A download does not write through a link that leads out of its folder."""
    version = run.log_artifact(data)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EventideError, match="outside"):
        version.download(tmp_path / "out")


def test_what_cannot_be_kept_says_so(run: Run, tmp_path: Path, data: Path) -> None:
    """Missing and empty folders, pipes, objects, empty artifacts and finished runs raise."""
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "none", tmp_path / "empty", object(), eventide.Artifact("x")):
        with pytest.raises(InvalidValue):
            run.log_artifact(wrong, "x")  # type: ignore[arg-type]
    (data / "link").symlink_to("nowhere")
    with pytest.raises(InvalidValue, match="link"):
        run.log_artifact(data)
    run.finish()
    (data / "link").unlink()
    with pytest.raises(RunFinished):
        run.log_artifact(data)


def test_an_artifact_put_together(run: Run, store: Store, data: Path, tmp_path: Path) -> None:
    """Files, folders, bytes and references get the paths they are given; references are named, not copied."""
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * 1000)
    artifact = eventide.Artifact("mix", "dataset").add_dir(data, "in").add_bytes("hello", "notes/hi.txt")
    artifact.add_file(big, "kept.bin").add_reference(big).add_reference(
        "https://example.org/x.zip?y=1", size_bytes=5, etag="e"
    )
    with pytest.raises(InvalidName):
        artifact.add_bytes(b"other", "kept.bin")
    version = run.log_artifact(artifact)
    files = store.artifact("mix").files
    assert sorted(files) == ["big.bin", "in/a.txt", "in/b.txt", "in/sub/c.bin", "kept.bin", "notes/hi.txt", "x.zip"]
    assert (files["x.zip"].reference, files["x.zip"].etag, files["big.bin"].reference) == (
        "https://example.org/x.zip?y=1",
        "e",
        str(big),
    )
    assert version.verify() == []
    out = store.artifact("mix").download(tmp_path / "out", references=False)
    assert not (out / "big.bin").exists()
    out = store.artifact("mix").download(tmp_path / "out", paths=["big.bin"])
    assert (out / "big.bin").read_bytes() == big.read_bytes()
    big.write_bytes(b"y" * 1000)
    assert [problem.path for problem in version.verify()] == ["big.bin"]


def test_a_second_version_stores_what_changed(
    run: Run, store_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a thousand files with one change, one is read and stored, and the list of files."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1000):
        (folder / f"{number}.txt").write_text(f"file {number}")
    settle(folder)
    run.log_artifact(folder)
    count = sum(1 for path in (store_dir / "objects").rglob("*") if path.is_file())
    (folder / "7.txt").write_text("changed")
    from eventide.sdk import keeping

    read = list[Any]()
    real = keeping._Keeping._read

    def reading(self: Any, piece: Any) -> Any:
        read.append(piece)
        return real(self, piece)

    monkeypatch.setattr(keeping._Keeping, "_read", reading)
    assert run.log_artifact(folder).new_bytes == len("changed")
    assert [Path(piece.place).name for piece in read] == ["7.txt"]
    assert sum(1 for path in (store_dir / "objects").rglob("*") if path.is_file()) == count + 2


def test_delete_frees_what_nothing_else_needs(run: Run, store: Store, data: Path) -> None:
    """Deleting a version says how many bytes it freed; shared files stay; its number is not used again; its content may come back."""
    run.log_artifact(data)
    (data / "sub/c.bin").write_bytes(b"small")
    run.log_artifact(data)
    old = store.artifact("data:v0")
    expected = 256 * 40_000 + len(old.manifest().to_bytes())
    assert (old.delete(dry_run=True).size_bytes, old.delete().size_bytes) == (expected, expected)
    assert [str(version) for version in store.artifacts()] == ["data:v1"]
    assert store.artifact("data").verify() == []
    (data / "a.txt").write_text("third")
    assert run.log_artifact(data).version == 2
    (data / "a.txt").write_text("a")
    (data / "sub/c.bin").write_bytes(bytes(range(256)) * 40_000)
    assert run.log_artifact(data).version == 0
    assert store.artifact("data:v0").verify() == []


def test_deleted_versions_are_garbage_after_sealing_too(run: Run, store: Store, data: Path) -> None:
    """Garbage collection sees through a deletion wherever the records are; what is logged again is kept."""
    run.log_artifact(data)
    version = store.artifact("data")
    body = {"kind": "artifact-deleted", "name": "data", "version": 0, "digest": version.digest}
    store.source.edit([run.id], Edit(files=(body,)))
    run.finish()
    store.seal()
    store.source.retain(0)  # type: ignore[attr-defined]
    removal = store.source.gc(min_age_days=-1, dry_run=True)  # type: ignore[attr-defined]
    assert removal.files == 4


def test_aliases_move(run: Run, store: Store, data: Path) -> None:
    """An alias belongs to one version; it is taken from the one that had it, and can be taken off."""
    first = run.log_artifact(data, aliases=["best"])
    (data / "a.txt").write_text("2")
    run.log_artifact(data)
    store.artifact("data:v1").add_alias("best", "prod")
    assert (store.artifact("data:best").version, store.artifact("data:v0").aliases) == (1, ())
    first.add_alias("best")
    assert store.artifact("data:best").version == 0
    store.artifact("data:v1").remove_alias("prod")
    with pytest.raises(ObjectNotFound):
        store.artifact("data:prod")
    with pytest.raises(InvalidName):
        first.add_alias("latest")


RACER = """
import sys, pathlib, eventide
root, number = sys.argv[1:]
run = eventide.init(dir=root, project="p")
print("ready", flush=True)
sys.stdin.readline()
for turn in range(10):
    same = turn % 2
    text = f"same {turn}" if same else f"{number} {turn}"
    print(run.log_artifact(eventide.Artifact("model").add_bytes(text, "f.txt")).version, text, flush=True)
run.finish()
"""


@pytest.mark.process
def test_processes_at_once_never_share_a_number(store_dir: Path) -> None:
    """Four processes log versions of one name: another content has another number, the same content the same one."""
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(store_dir), str(n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    outputs = []
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        outputs += racer.communicate()[0].splitlines()
    pairs = {tuple(line.split(" ", 1)) for line in outputs}
    assert len(pairs) == 4 * 5 + 5
    assert len({number for number, _ in pairs}) == len(pairs) == len({text for _, text in pairs})
    with eventide.open(store_dir) as store:
        assert sorted(version.version for version in store.artifacts()) == list(range(25))


def test_a_full_disk_is_told_and_training_goes_on(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store cannot be written, `log_artifact` warns and returns a version that says it was not kept."""
    monkeypatch.setattr(
        "eventide.objects.local.LocalObjects._publish",
        lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    with pytest.warns(eventide.EventideWarning, match="No space left"):
        version = run.log_artifact(data)
    assert version.version == -1
    monkeypatch.undo()
    with pytest.warns(eventide.EventideWarning):
        run.finish()


def test_disabled_runs_keep_nothing(data: Path) -> None:
    """Mode `disabled` takes artifacts and keeps none."""
    with eventide.init(mode="disabled") as run:
        assert run.log_artifact(data).version == -1


def test_files_of_imports_are_no_artifacts(run: Run, store: Store) -> None:
    """Records of older imports that call a file an artifact, without a version, are not taken for one."""
    run._writer.file({"kind": "artifact", "name": "train.log", "size_bytes": 5})
    assert store.artifacts() == []


def test_a_manifest_is_the_same_for_the_same_content(run: Run, data: Path) -> None:
    """The digest does not depend on the order in which files were added."""
    one = eventide.Artifact("x").add_bytes("1", "a").add_bytes("2", "b")
    two = eventide.Artifact("x").add_bytes("2", "b").add_bytes("1", "a")
    assert run.log_artifact(one).digest == run.log_artifact(two).digest
    with pytest.raises(StoreDamaged):
        Manifest.from_bytes(b"{}", "0" * 64)


KEEPING = """
import sys, pathlib, eventide
run = eventide.init(dir=sys.argv[1], project="p")
from eventide.objects import local
real, count = local.LocalObjects._publish, 0
def publish(self, temporary, sha256):
    global count
    count += 1
    if count == 20:
        print("half", flush=True)
        sys.stdin.read()
    real(self, temporary, sha256)
local.LocalObjects._publish = publish
run.log_artifact(sys.argv[2], "many")
"""


@pytest.mark.process
def test_a_process_killed_while_it_keeps_leaves_no_version(store_dir: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle records nothing; the next try is version 0, whole, and stores only what was missing."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.txt").write_text(f"file {number}")
    command = [sys.executable, "-c", KEEPING, str(store_dir), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    with eventide.open(store_dir) as store:
        assert store.artifacts() == []
        with eventide.init(dir=store_dir, project="p") as run:
            version = run.log_artifact(folder, "many")
        assert (version.version, len(version.files)) == (0, 40)
        assert version.new_bytes < version.size_bytes
        assert store.artifact("many").verify() == []
