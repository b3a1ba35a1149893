"""What each verb answers on a store of known runs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eventide.cli.program import load
from eventide.cli.verbs import BY_NAME, VERBS, root_help
from eventide.testing import make_run

Call = Callable[..., Any]


def lines(answer: Any) -> list[list[str]]:
    """Return the fields of a TSV answer that went well."""
    assert (answer.code, answer.err) == (0, "")
    return [line.split("\t") for line in answer.out.splitlines()]


def ids(answer: Any) -> list[str]:
    """Return the first field of each line."""
    return [row[0] for row in lines(answer)]


def run_id(number: int) -> str:
    """Return the id of a run of the known store."""
    return f"20261118-{number:06d}-test-run-{number:08d}"


def test_runs_lists_newest_first(eventide: Call) -> None:
    """`runs` lists all runs, the newest first, the id in the first field."""
    assert ids(eventide("runs")) == [run_id(number) for number in (4, 3, 2, 1, 0)]


def test_runs_filters_and_sorts(eventide: Call) -> None:
    """`runs` takes the filter grammar and sorts by fields of it, missing values last."""
    assert ids(eventide("runs", "lr<0.01 and tag:paper", "--sort", "best(val/acc)")) == [run_id(1), run_id(2)]
    assert ids(eventide("runs", "--project", "test", "--sort", "-best(val/acc)"))[0] == run_id(2)


def test_ls_is_runs(eventide: Call) -> None:
    """`ls` is another name of `runs`."""
    assert eventide("ls").out == eventide("runs").out


def test_runs_columns(eventide: Call) -> None:
    """Columns are plain fields, parameters, and aggregates of metrics; piped, the id comes first."""
    answer = eventide("runs", "cnn-1", "--columns", "name,lr,opt.name,best(val/acc),count(train/loss)")
    assert lines(answer) == [[run_id(1), "cnn-1", "0.001", "adam", "0.91", "5"]]


def test_runs_limit(eventide: Call) -> None:
    """`--limit` cuts the list, 0 does not."""
    assert len(lines(eventide("runs", "--limit", "2"))) == 2
    assert len(lines(eventide("runs", "--limit", "0"))) == 5


def test_runs_only_changed(eventide: Call) -> None:
    """`--only-changed` leaves out what is the same in all runs and names it on stderr."""
    answer = eventide("runs", "cnn", "--project", "test", "--columns", "id,lr,seed", "--only-changed", "--sort", "seed")
    assert answer.out.splitlines() == [f"{run_id(seed)}\t{seed}" for seed in range(3)]
    assert "same in all 3: lr" in answer.err


def test_runs_group_over_seeds(eventide: Call) -> None:
    """`--group -seed` makes one row of all seeds: n, failed, mean and std over all of them."""
    answer = eventide("runs", "--project", "test", "--group", "-seed", "--json")
    groups = json.loads(answer.out)["groups"]
    assert [(group["config.lr"], group["runs"], group["failed"]) for group in groups] == [(0.001, 3, 0), (0.3, 1, 1)]
    assert groups[0]["best(val/acc).mean"] == pytest.approx(0.91)
    assert groups[0]["best(val/acc).std"] == pytest.approx(0.01)
    assert groups[1]["best(val/acc).std"] is None


def test_runs_group_table_shows_mean_and_std(eventide: Call) -> None:
    """On a terminal a group shows mean ± std in one cell, and n."""
    answer = eventide("runs", "--project", "test", "--group", "lr", "--format", "table")
    assert "0.910 ± 0.010" in answer.out


def test_runs_json_fields(eventide: Call) -> None:
    """`--json=FIELDS` gives these fields under these names, NaN as null with its name under `nonfinite`."""
    document = json.loads(eventide("runs", "hot", "--json=id,best.val/acc,last(train/loss),config.opt").out)
    assert document == {
        "schema_version": 1,
        "total": 1,
        "runs": [
            {
                "id": run_id(3),
                "best.val/acc": 0.2,
                "last(train/loss)": None,
                "config.opt": {"name": "sgd"},
                "nonfinite": {"last(train/loss)": "Infinity"},
            }
        ],
    }


def test_runs_json_help_lists_the_fields(eventide: Call) -> None:
    """`--json help` lists the fields and asks nothing of the store."""
    assert eventide("runs", "--json", "help").out.splitlines()[:3] == ["id", "name", "status"]


def test_runs_names_a_field_that_no_run_has(eventide: Call) -> None:
    """A field that no run has stays null, and stderr names the nearest one that some have."""
    answer = eventide("runs", "--json=val/ac")
    assert {run["val/ac"] for run in json.loads(answer.out)["runs"]} == {None}
    assert "did you mean `val/acc`?" in answer.err


def test_runs_table_says_why_a_run_failed(eventide: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table shows the state, and the last line of the traceback of failed runs."""
    monkeypatch.setenv("COLUMNS", "240")
    answer = eventide("runs", "--format", "table")
    assert "✗ failed" in answer.out
    assert "ValueError: the loss is NaN" in answer.out
    assert "Traceback" not in answer.out


def test_fail_empty(eventide: Call) -> None:
    """With --fail-empty an empty answer exits with 3, without it with 0."""
    assert eventide("runs", "name:nothing", "--fail-empty").code == 3
    assert eventide("runs", "name:nothing").code == 0


def test_show(eventide: Call) -> None:
    """`show` gives every field of a run, config and statistics included."""
    document = json.loads(eventide("show", "hot", "--json").out)["run"]
    assert document["config"] == {"lr": 0.3, "seed": 0, "opt": {"name": "sgd"}}
    assert document["metrics"]["train/loss"]["nonfinite"] == 2
    assert document["nonfinite"]["metrics.train/loss.last"] == "Infinity"
    table = eventide("show", "hot", "--format", "table").out
    assert "ValueError: the loss is NaN" in table
    assert "train/loss" in table


def test_show_traceback(eventide: Call) -> None:
    """`show --traceback` gives the whole traceback."""
    assert eventide("show", "hot", "--traceback").out.splitlines()[0] == "Traceback (most recent call last):"


def test_best_and_why(eventide: Call) -> None:
    """`best` gives the run on stdout and the reason on stderr."""
    answer = eventide("best", "val/acc")
    assert answer.out.split("\t")[0] == run_id(2)
    assert "highest val/acc of 5 runs" in answer.err


def test_best_of_a_loss_is_the_lowest(eventide: Call) -> None:
    """A loss is best when it is lowest, unless --goal says otherwise."""
    assert eventide("best", "train/loss", "--format", "tsv").out.split("\t")[2:4] == ["cnn-0", "0.2"]
    assert eventide("best", "train/loss", "--goal", "max").out.split("\t")[2] == "hot"


def test_leaderboard(eventide: Call) -> None:
    """`leaderboard` ranks runs by the best value and says how far behind each is."""
    rows = lines(eventide("leaderboard", "val/acc", "--project", "test"))
    assert [row[2] for row in rows] == ["cnn-2", "cnn-1", "cnn-0", "hot"]
    assert float(rows[1][5]) == pytest.approx(0.01)


def test_diff_shows_only_what_differs(eventide: Call) -> None:
    """`diff` lists the parameters that differ, both values and the difference; the exit code is 0 either way."""
    assert lines(eventide("diff", "cnn-0", "cnn-2", "--config")) == [["config", "seed", "0", "2", "2"]]
    assert lines(eventide("diff", "cnn-0", "cnn-0")) == []
    assert ["config", "seed", "0", "0", "0"] in lines(eventide("diff", "cnn-0", "hot", "--config", "--all"))


def test_keys(eventide: Call) -> None:
    """`keys` lists the logged keys with their types and the number of runs."""
    found = {row[0]: row[1:3] for row in lines(eventide("keys"))}
    assert (found["text"], found["flag"], found["n"]) == (["text", "1"], ["bool", "1"], ["int", "1"])
    assert found["list"] == ["other", "1"]


def test_plot_csv_has_every_point(eventide: Call, tmp_path: Path) -> None:
    """`plot -o x.csv` writes every point at full precision."""
    target = tmp_path / "x.csv"
    assert eventide("plot", "val/acc", "cnn-1", "-o", str(target)).code == 0
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert [float(row["value"]) for row in rows] == [0.5 + 0.1 * step + 0.01 for step in range(5)]


def test_plot_svg_has_real_text(eventide: Call, tmp_path: Path) -> None:
    """`plot -o x.svg` writes a self-contained drawing with text and without script."""
    target = tmp_path / "x.svg"
    assert eventide("plot", "val/acc", "-o", str(target)).code == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert ">val/acc</text>" in text
    assert ">cnn-1</text>" in text
    assert "script" not in text


def test_plot_draws_and_says_what_is_not_finite(eventide: Call) -> None:
    """On a terminal the plot is drawn, with a legend that tells best, last and what is not finite."""
    answer = eventide("plot", "train/loss", "hot", "--format", "table")
    assert any(0x2800 < ord(character) < 0x2900 for character in answer.out)
    assert "2 not finite from step 1" in answer.out


def test_tail_console_and_rows(eventide: Call) -> None:
    """`tail` shows console text, or the last logged rows when there is none."""
    assert eventide("tail", "cnn-1").out == "hello 1\n"
    rows = lines(eventide("tail", "cnn-1", "--rows", "-n", "1"))
    assert [row[1:] for row in rows] == [["4", "train/loss", "0.2"], ["4", "val/acc", "0.91"]]
    assert eventide("tail", "hot", "-n", "1").out.split("\t")[2:] == ["train/loss", "inf\n"]


def test_watch_ends_and_repeats_the_result(eventide: Call) -> None:
    """`watch --exit-status` ends when all runs have ended: 0 when all finished, 1 otherwise."""
    assert eventide("watch", "cnn-1", "--exit-status").code == 0
    assert eventide("watch", "hot", "--exit-status").code == 1
    assert ids(eventide("watch", "--project", "test", "--until", "state!=running")) == [
        run_id(number) for number in (3, 2, 1, 0)
    ]


def test_export_formats_hold_every_row(eventide: Call, tmp_path: Path) -> None:
    """`export` writes as many rows as were logged, to CSV, JSON lines and Parquet alike."""
    import pyarrow.parquet as pq

    for suffix in ("csv", "jsonl", "parquet"):
        assert eventide("export", "--project", "test", "-o", str(tmp_path / f"x.{suffix}")).code == 0
    assert len((tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()) == 1 + 18
    records = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(records) == 18
    assert {"train/loss": "NaN"} in [record.get("nonfinite") for record in records]
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 18


def test_export_keys(eventide: Call) -> None:
    """`export --keys` restricts the columns."""
    answer = eventide("export", "cnn-1", "--keys", "val/acc", "--format", "csv")
    assert answer.out.splitlines()[0] == "run_id,step,ts,val/acc"


def test_export_keeps_texts_exactly(eventide: Call, tmp_path: Path) -> None:
    """A file gets texts exactly as they were logged; stdout gets them harmless."""
    target = tmp_path / "x.csv"
    eventide("export", "@last", "--keys", "text", "-o", str(target))
    with target.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["text"].startswith("a\tb\nc\x1b[31m")
    assert "\x1b" not in eventide("export", "@last", "--keys", "text", "--format", "csv").out


def test_sql(eventide: Call) -> None:
    """`sql` takes a query as argument or from stdin and gives its rows."""
    query = "SELECT name, status FROM db.runs WHERE name LIKE 'cnn%' ORDER BY name"
    expected = [["cnn-0", "finished"], ["cnn-1", "finished"], ["cnn-2", "finished"]]
    assert lines(eventide("sql", query)) == expected
    assert lines(eventide("sql", stdin=query)) == expected


def test_sql_never_writes(eventide: Call) -> None:
    """A statement that would write is refused as a usage error."""
    assert eventide("sql", "CREATE TABLE x AS SELECT 1").code == 2


def test_tags_notes_names(own_eventide: Call) -> None:
    """Tags, notes and names are changed and seen at once; the id stays."""
    assert lines(own_eventide("tag", "cnn-0", "a", "b")) == [[run_id(0), "cnn-0", "tagged a, b"]]
    assert lines(own_eventide("tag", "cnn-0", "--remove", "a"))[0][2] == "untagged a"
    own_eventide("note", "cnn-0", "warm-up was too short")
    own_eventide("rename", "cnn-0", "baseline")
    document = json.loads(own_eventide("show", "baseline", "--json").out)["run"]
    assert (document["id"], document["tags"], document["notes"]) == (run_id(0), ["b"], "warm-up was too short")


def test_dry_run_changes_nothing(own_eventide: Call) -> None:
    """Every verb that changes something can be tried with --dry-run."""
    before = own_eventide("runs", "--jsonl").out
    for arguments in (
        ("tag", "cnn-0", "x"),
        ("note", "cnn-0", "x"),
        ("rename", "cnn-0", "x"),
        ("archive", "cnn-0"),
        ("rm", "cnn-0"),
    ):
        assert "would be" in own_eventide(*arguments, "--dry-run").out
    assert own_eventide("runs", "--jsonl").out == before


def test_bin_and_back(own_eventide: Call) -> None:
    """`rm` takes a run out of every list, `restore` brings it back as it was."""
    before = own_eventide("runs").out
    own_eventide("rm", "cnn-0")
    assert run_id(0) not in own_eventide("runs").out
    assert ids(own_eventide("runs", "--bin")) == [run_id(0)]
    own_eventide("restore", "cnn-0")
    assert own_eventide("runs").out == before


def test_many_runs_need_a_yes(own_eventide: Call) -> None:
    """Without a terminal to ask on, taking several runs needs --yes, and the error names the flag."""
    piped = own_eventide("runs", "--project", "test").out
    refused = own_eventide("rm", "-", stdin=piped)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert own_eventide("rm", "-", "--yes", stdin=piped).code == 0
    assert ids(own_eventide("runs")) == [run_id(4)]


def test_purge_takes_only_what_is_in_the_bin(own_eventide: Call) -> None:
    """`rm --purge` refuses a run that is not in the bin, reports bytes, and destroys what is."""
    assert own_eventide("rm", "--purge", "cnn-0", "--yes").code == 1
    own_eventide("rm", "cnn-0")
    planned = json.loads(own_eventide("rm", "--purge", "cnn-0", "--dry-run", "--json").out)["removal"]
    assert planned["size_bytes"] > 0
    assert own_eventide("rm", "--purge", "cnn-0", "--yes").code == 0
    assert own_eventide("runs", "--bin").out == ""


def test_archive(own_eventide: Call) -> None:
    """An archived run is out of the list, in it with --archived, and back with --undo."""
    own_eventide("archive", "cnn-0")
    assert run_id(0) not in ids(own_eventide("runs"))
    assert run_id(0) in ids(own_eventide("runs", "--archived"))
    own_eventide("archive", "cnn-0", "--undo")
    assert run_id(0) in ids(own_eventide("runs"))


def test_ids_from_stdin_that_are_unknown(own_eventide: Call) -> None:
    """Of ids from stdin the known ones are done, the unknown ones named, and the exit code is 5."""
    answer = own_eventide("tag", "-", "x", stdin=f"{run_id(0)}\tcnn-0\nnonsense\n")
    assert (answer.code, [line.split("\t")[0] for line in answer.out.splitlines()]) == (5, [run_id(0)])
    assert "`nonsense`" in answer.err


def test_seal_then_the_same_answers(own_eventide: Call) -> None:
    """Sealing changes no answer."""
    before = own_eventide("runs", "--jsonl").out, own_eventide("export", "--project", "test").out
    report = json.loads(own_eventide("seal", "--json").out)["seal"]
    assert report["rows"] == 19
    assert (own_eventide("runs", "--jsonl").out, own_eventide("export", "--project", "test").out) == before


def test_gc_dry_run_reports_bytes(own_eventide: Call) -> None:
    """`gc --dry-run` says how many bytes it would free and frees none."""
    own_eventide("rm", "cnn-0")
    document = json.loads(own_eventide("gc", "--empty-bin", "--dry-run", "--json").out)
    assert document["size_bytes"] > 0
    assert ids(own_eventide("runs", "--bin")) == [run_id(0)]


def test_verify(own_eventide: Call, own_sample: Path) -> None:
    """`verify` exits with 0 on a sound store and with 4 on a damaged one."""
    assert own_eventide("verify").code == 0
    part = next(own_sample.glob("runs/*/*.jsonl"))
    body = part.read_bytes()
    part.write_bytes(body[:200] + b"XXXX" + body[204:])
    assert own_eventide("verify").code == 4


def test_doctor(eventide: Call) -> None:
    """`doctor` says the versions and that the store is sound."""
    checks = {row[0]: row[1] for row in lines(eventide("doctor"))}
    assert (checks["store"], checks["bytes"]) == ("ok", "ok")


def test_config_shows_value_and_origin(eventide: Call, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config` shows every setting with its value and where it came from."""
    monkeypatch.setenv("EVENTIDE_PROJECT", "mine")
    found = {row[0]: row[1:3] for row in lines(eventide("config"))}
    assert found["project"] == ["mine", "EVENTIDE_PROJECT"]
    assert found["dir"] == [str(sample), "argument"]


def test_init_is_repeatable(own_eventide: Call, tmp_path: Path) -> None:
    """`init` makes a store, and leaves one that is there as it is."""
    folder = tmp_path / "new"
    assert json.loads(own_eventide("init", str(folder), "--json").out)["store"]["created"] is True
    assert json.loads(own_eventide("init", str(folder), "--json").out)["store"]["created"] is False


def test_init_does_not_spill_into_a_folder_in_use(own_eventide: Call, tmp_path: Path) -> None:
    """In the current folder, and in one that holds other things, the store goes into `.eventide/`."""
    used = tmp_path / "used"
    used.mkdir()
    (used / "notes.txt").write_text("hello")
    for argument, folder in ((".", Path.cwd()), (str(used), used)):
        assert json.loads(own_eventide("init", argument, "--json").out)["store"]["store"] == str(folder / ".eventide")


def test_demo_fills_a_store(own_eventide: Call, tmp_path: Path) -> None:
    """`demo` writes runs that can be listed at once, one failed and one crashed among them."""
    folder = tmp_path / "demo"
    assert own_eventide("demo", str(folder), "--format", "table").code == 0
    rows = lines(own_eventide("runs", "--store", str(folder), "--columns", "status"))
    assert len(rows) == 11
    assert {row[1] for row in rows} >= {"finished", "failed"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(eventide: Call, shell: str) -> None:
    """Each shell gets a script that asks the program for candidates."""
    assert "eventide __complete" in eventide("completion", shell).out


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_of_every_verb(eventide: Call, verb: Any) -> None:
    """Every verb has help with a summary and an example, within one screen and 120 columns."""
    answer = eventide(verb.name, "--help")
    assert answer.code == 0
    assert f"\n  eventide {verb.name}" in answer.out or verb.name == "completion"
    assert len(answer.out.splitlines()) <= 45
    assert max(map(len, answer.out.splitlines())) <= 120


def test_every_verb_is_loaded_under_its_name() -> None:
    """The table of verbs and the modules agree."""
    assert [load(verb).name for verb in VERBS] == [verb.name for verb in VERBS]
    assert BY_NAME["ls"].name == "runs"


def test_root_help_is_one_screen() -> None:
    """The help of the program names every verb and stays within one screen."""
    text = root_help()
    assert [verb.name for verb in VERBS if f" {verb.name}" not in text] == []
    assert len(text.splitlines()) <= 45
    assert max(map(len, text.splitlines())) <= 120


def test_tail_tells_streams_apart(own_sample: Path, own_eventide: Call) -> None:
    """`tail` puts the pieces of each stream to lines, and shows one stream when asked to."""
    writer = make_run(own_sample, "r-console", [{"loss": 1.0}], status=None)
    for text, stream in (
        ("a", "stdout"),
        ("oops\n", "stderr"),
        ("b\n", "stdout"),
        ("\r1%", "stdout"),
        ("\r2%", "stdout"),
    ):
        writer.console(text, stream)
    writer.close({"status": "finished"})

    assert own_eventide("tail", "r-console").out == "oops\nab\n2%\n"
    assert own_eventide("tail", "r-console", "--stream", "stderr").out == "oops\n"
    assert '"stream":"stderr","text":"oops"' in own_eventide("tail", "r-console", "--jsonl").out


def test_show_and_diff_tell_where_runs_came_from(own_sample: Path, own_eventide: Call) -> None:
    """`show --env` has packages and GPUs by name, `--diff` the changes, `diff --env` what differs."""
    for number, version in (("1", "2.0"), ("2", "2.1")):
        writer = make_run(own_sample, f"r-env-{number}", [{"loss": 1.0}], status=None)
        writer.set(("provenance", "python"), {"version": "3.11", "packages": {"numpy": version, "torch": "3.0"}})
        writer.set(("provenance", "gpu"), [{"name": "H200", "memory_bytes": 1}])
        writer.set(("provenance", "captured"), ["gpu", "python"])
        writer.close({"status": "finished"})

    shown = own_eventide("show", "r-env-1", "--env", "--format", "table").out
    assert "numpy==2.0  torch==3.0" in shown
    assert "0.name" in shown
    assert "captured: gpu, python" in shown
    assert own_eventide("show", "r-env-1", "--diff").out == ""
    assert "nothing was captured" in own_eventide("show", "cnn-1", "--env", "--format", "table").out
    assert lines(own_eventide("diff", "r-env-1", "r-env-2", "--env")) == [["env", "packages.numpy", "2.0", "2.1", ""]]
