"""Which rank of which distributed launch this process is, and the run id that all ranks of a launch share.

Launchers say so in the environment: torchrun and its kin (RANK, WORLD_SIZE, LOCAL_RANK), Slurm's srun (SLURM_PROCID, ...) and Open MPI
(OMPI_COMM_WORLD_RANK, ...). The first rank to begin writes the run id to a file named after the launch; the others read it.
Invariant: all ranks that see the same launch get the same run id, whoever is first, on any host that shares the store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from eventide.errors import InvalidSetting, StoreUnwritable
from eventide.journal.process import start_of

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.layout import Layout

_VARIABLES = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
)


class Launch(NamedTuple):
    """This process's place in a distributed launch; rank 0 of 1 when there is none."""

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    key: str = ""
    """What all ranks of the launch, and nobody else, agree on; empty without a launch."""


def detect(environ: Mapping[str, str]) -> Launch:
    """Return this process's place among its launch, from the environment alone.

    Raises:
        InvalidSetting: a launcher's variable is no number, or the rank lies outside the world.
    """
    for rank_name, size_name, local_name in _VARIABLES:
        if rank_name not in environ or size_name not in environ:
            continue
        if rank_name == "SLURM_PROCID" and "SLURM_STEP_ID" not in environ:
            continue  # a batch script, not one of srun's tasks
        rank, size = _number(environ, rank_name), _number(environ, size_name)
        if size <= 1:
            return Launch()
        if rank >= size:
            raise InvalidSetting(f"{rank_name}={rank} does not fit {size_name}={size}")
        return Launch(rank, size, _number(environ, local_name) if local_name in environ else 0, _key(environ))
    return Launch()


def _number(environ: Mapping[str, str], name: str) -> int:
    text = environ[name]
    if not text.isdecimal():
        raise InvalidSetting(
            f"the environment variable `{name}` is `{text:.60}`; a launcher sets it to a number of 0 or more"
        )
    return int(text)


def _key(environ: Mapping[str, str]) -> str:
    """Return what names this launch and no other, as far as the launcher tells."""
    elastic = environ.get("TORCHELASTIC_RUN_ID", "none")
    address = f"{environ.get('MASTER_ADDR', '')}:{environ.get('MASTER_PORT', '')}"
    if elastic != "none":
        return f"torch {elastic} {address}"
    if "SLURM_JOB_ID" in environ and "SLURM_STEP_ID" in environ:
        return f"slurm {environ['SLURM_JOB_ID']} {environ['SLURM_STEP_ID']}"
    if environ.get("LOCAL_WORLD_SIZE", environ.get("WORLD_SIZE")) != environ.get("WORLD_SIZE"):
        return f"torch {address}"  # several hosts: only the rendezvous is common to all
    parent = os.getppid()
    return f"parent {parent} {start_of(parent)} {address}"


def shared_run_id(
    layout: Layout, key: str, ordinal: int, fresh: Callable[[], str], is_used_up: Callable[[str], bool]
) -> str:
    """Return the run id of the `ordinal`-th run of a launch, making it when this rank is the first to ask.

    `is_used_up(run_id)` tells that this rank has finished that run before: the launch's key was used again, and a new run is meant.
    """
    from hashlib import sha256  # noqa: PLC0415 - 5 ms that only ranks need

    generation = 0
    while True:
        name = sha256(f"{key}\n{ordinal}\n{generation}".encode()).hexdigest()[:32]
        run_id = _publish(layout.launches_dir / name, fresh())
        if not is_used_up(run_id):
            return run_id
        generation += 1


def _publish(path: Path, run_id: str) -> str:
    """Write `run_id` to `path` unless somebody was first; return what the file says."""
    try:
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            temporary = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(6).hex()}.tmp")
            temporary.write_text(run_id + "\n")
            try:
                os.link(temporary, path)
            except FileExistsError:
                pass
            except OSError:  # no hard links here; a reader may only see a file that is complete
                if not path.exists():
                    os.replace(temporary, path)  # noqa: PTH105
                    return path.read_text().strip()
            temporary.unlink(missing_ok=True)
        return path.read_text().strip()
    except OSError as error:
        raise StoreUnwritable(f"cannot write the launch file `{path}`: {error.strerror or error}") from error
