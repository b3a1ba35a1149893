"""Where a run comes from: command, packages, launcher, and what of it is recorded."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

import eventide
from eventide.errors import InvalidSetting
from eventide.sdk.provenance import command, git, host, launcher, python
from eventide.sdk.provenance.gather import KINDS, wanted_kinds
from eventide.sdk.provenance.started import Started


def provenance(run: eventide.Run) -> dict[str, Any]:
    """Return what was recorded below `provenance`."""
    assert run.dir is not None
    found: dict[str, Any] = {}
    for part in sorted(run.dir.glob("*.jsonl")):
        for line in part.read_bytes().splitlines():
            record = orjson.loads(line)
            if record.get("_set", [""])[0] == "provenance":
                found["/".join(record["_set"][1:])] = record["value"]
    return found


def test_packages_are_those_that_importlib_finds() -> None:
    """Names and versions by folder agree with the metadata in them."""
    theirs: dict[str, str] = {}
    for found in importlib.metadata.distributions():
        theirs.setdefault(re.sub(r"[-_.]+", "-", found.name).lower(), found.version)
    ours = python.packages(sys.path)

    assert {name: ours.get(name) for name in theirs} == theirs


def test_odd_packages_are_known(tmp_path: Path) -> None:
    """Folders of old and of development installations count; the first on the path wins; other entries do not."""
    first, second = tmp_path / "a", tmp_path / "b"
    for name in ("Foo_Bar-1.2.dist-info", "old-0.9-py3.11.egg-info", "dev.egg-info"):
        (first / name).mkdir(parents=True)
    (first / "dev.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2\nName: dev\nVersion: 3.4\n\nVersion: 9\n")
    (second / "foo_bar-9.dist-info").mkdir(parents=True)

    found = python.packages([str(first), str(second), str(tmp_path / "none"), __file__])
    assert found == {"foo-bar": "1.2", "old": "0.9", "dev": "3.4"}


def test_the_command_line_has_no_secrets_and_an_end(tmp_path: Path) -> None:
    """Secrets are masked, thousands of arguments cut."""
    script = tmp_path / "train.py"
    script.write_text("1")
    about = command.describe(Started((str(script), "--api-key=x", *map(str, range(5000))), str(tmp_path)))

    assert about["argv"][1] == "--api-key=***"
    assert about["argv"][-1] == "… 4002 more"
    assert about["cwd"] == str(tmp_path)


def test_only_allowed_variables_are_looked_at() -> None:
    """Slurm's and torchrun's numbers are kept by name; whatever else is in the environment is not."""
    environ = {
        "SLURM_JOB_ID": "7",
        "RANK": "0",
        "WORLD_SIZE": "2",
        "WANDB_API_KEY": "s3cret",
        "SLURM_JWT": "s3cret",
        "PATH": "/bin",
    }

    found = launcher.describe(environ)

    assert found == {"slurm": {"SLURM_JOB_ID": "7"}, "torchrun": {"RANK": "0", "WORLD_SIZE": "2"}}


def test_the_host_tells_what_it_is() -> None:
    """Name, system, processors and memory are there on any machine."""
    about = host.describe()

    assert about["name"]
    assert about["cpus"] >= about["cpus_usable"] >= 1
    assert about["memory_bytes"] > 0


def make_repository(root: Path) -> Path:
    """Write the files of a repository by hand: no git is needed to read them."""
    folder = root / ".git"
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "refs" / "heads" / "main").write_text("a" * 40 + "\n")
    (folder / "config").write_text(
        '[remote "origin"]\n\turl = https://u:pw@host/o.git\n[remote "up"]\n\turl = git@host:up.git\n'
    )
    return root


def test_commit_branch_and_remote_come_from_files(tmp_path: Path) -> None:
    """Loose references are read, and the remote loses its password."""
    root = make_repository(tmp_path / "code")
    (root / "deep" / "er").mkdir(parents=True)
    repository = git.find(root / "deep" / "er")

    assert repository is not None
    assert git.describe(repository) == {
        "commit": "a" * 40, "branch": "main", "remote": "https://***@host/o.git", "root": str(root),
    }  # fmt: skip


def test_packed_references_and_other_remotes_count(tmp_path: Path) -> None:
    """A branch that is only packed is found; the remote is the branch's own."""
    root = make_repository(tmp_path / "code")
    (root / ".git" / "refs" / "heads" / "main").unlink()
    (root / ".git" / "packed-refs").write_text(f"# pack-refs\n{'b' * 40} refs/heads/main\n")
    with (root / ".git" / "config").open("a") as file:
        file.write('[branch "main"]\n\tremote = up\n')
    repository = git.find(root)

    assert repository is not None
    about = git.describe(repository)
    assert (about["commit"], about["remote"]) == ("b" * 40, "git@host:up.git")


def test_a_detached_head_and_a_worktree_are_read(tmp_path: Path) -> None:
    """A worktree's file points to its folder; without a branch there is a commit only."""
    main = make_repository(tmp_path / "code")
    inner = main / ".git" / "worktrees" / "w"
    inner.mkdir(parents=True)
    (inner / "HEAD").write_text("c" * 40)
    (inner / "commondir").write_text("../..\n")
    work = tmp_path / "w"
    work.mkdir()
    (work / ".git").write_text(f"gitdir: {inner}\n")
    repository = git.find(work)

    assert repository is not None
    about = git.describe(repository)
    assert (about["commit"], about["branch"], about["remote"]) == ("c" * 40, "", "https://***@host/o.git")


@pytest.mark.parametrize("content", ["", "gitdir: ", "nonsense", "gitdir: /no/such/place"])
def test_a_broken_git_file_is_no_error(tmp_path: Path, content: str) -> None:
    """What is no repository is none."""
    (tmp_path / ".git").write_text(content)
    repository = git.find(tmp_path)

    assert repository is None or git.describe(repository)["commit"] == ""


def test_the_setting_chooses_kinds() -> None:
    """`all` and `none` mean what they say, a list means its kinds."""
    assert wanted_kinds(("all",)) == frozenset(KINDS)
    assert wanted_kinds(("none",)) == frozenset()
    assert wanted_kinds(("git", "host")) == {"git", "host"}
    with pytest.raises(InvalidSetting, match="`gti`"):
        eventide.init(capture="gti")


def test_a_short_run_has_its_provenance(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends at once still says where it comes from, and what was captured."""
    monkeypatch.setattr(sys, "argv", ["train.py", "--password", "hunter2"])
    with eventide.init(dir=store_dir) as run:
        run.log(loss=1.0)
    found = provenance(run)

    assert found["command"]["argv"] == ["train.py", "--password", "***"]
    assert found["captured"] == sorted(kind for kind in found if kind != "captured")
    assert {"command", "host", "python", "user"} <= set(found)
    store = eventide.open(store_dir)
    assert store.source.run(run.id).provenance["host"]["name"] == found["host"]["name"]


def test_nothing_is_captured_when_nothing_is_asked_for(store_dir: Path) -> None:
    """capture="none" records no provenance and no user."""
    with eventide.init(dir=store_dir, capture="none") as run:
        run.log(loss=1.0)
    assert provenance(run) == {}
    assert eventide.open(store_dir).source.run(run.id).user == ""


def test_only_what_is_asked_for_is_captured(store_dir: Path) -> None:
    """A list of kinds leaves the others alone."""
    with eventide.init(dir=store_dir, capture=["user", "launcher"]) as run:
        run.log(loss=1.0)
    assert set(provenance(run)) == {"user", "captured"}


def test_a_list_of_packages_is_shared_by_content(store_dir: Path) -> None:
    """Two runs of one environment refer to one object."""
    runs = []
    for _ in range(2):
        with eventide.init(dir=store_dir, capture="python") as run:
            runs.append(run)
    about = [provenance(run)["python"] for run in runs]

    assert about[0]["packages_sha256"] == about[1]["packages_sha256"]
    packages = orjson.loads(eventide.open(store_dir).source.open_object(about[0]["packages_sha256"]))
    assert packages["pytest"] == pytest.__version__


def test_further_ranks_say_their_host_only(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first rank speaks for the run; another one is kept below its number."""
    for name, value in {
        "RANK": "1",
        "WORLD_SIZE": "2",
        "LOCAL_RANK": "1",
        "MASTER_ADDR": "h",
        "MASTER_PORT": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with eventide.init(dir=store_dir) as run:
        run.log(loss=1.0)
    found = provenance(run)

    assert set(found) == {"ranks/1"}
    assert found["ranks/1"]["launcher"]["torchrun"]["RANK"] == "1"


def test_a_lost_working_folder_is_no_error(store_dir: Path, tmp_path: Path) -> None:
    """A script whose folder was removed runs all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    try:
        with eventide.init(dir=store_dir, capture="command") as run:
            run.log(loss=1.0)
        assert provenance(run)["command"]["cwd"] == ""
    finally:
        os.chdir(tmp_path)
