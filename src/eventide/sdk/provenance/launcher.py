"""What started the process: Slurm and other batch systems, torchrun, MPI, and the few variables that decide what it sees.

Invariant: no variable outside the lists below is ever stored; none of them holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping

ALLOWED: dict[str, tuple[str, ...]] = {
    "slurm": (
        "SLURM_JOB_ID", "SLURM_JOB_NAME", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_STEP_ID", "SLURM_JOB_NODELIST",
        "SLURM_JOB_PARTITION", "SLURM_CLUSTER_NAME", "SLURM_NNODES", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID",
        "SLURM_CPUS_PER_TASK", "SLURM_GPUS_ON_NODE", "SLURM_RESTART_COUNT",
    ),
    "torchrun": (
        "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT",
        "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT",
    ),
    "mpi": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "PMI_RANK", "PMI_SIZE"),
    "batch": ("PBS_JOBID", "LSB_JOBID", "JOB_ID"),
    "environment": (
        "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS",
        "MKL_NUM_THREADS", "PYTHONHASHSEED", "CONDA_DEFAULT_ENV",
    ),
}  # fmt: skip
"""The variables that are stored, by the name they are stored under."""

_MAX_CHARS = 1000


def describe(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the allowed variables that are set, by what they belong to."""
    found = {
        group: {name: _text(environ[name]) for name in names if environ.get(name)} for group, names in ALLOWED.items()
    }
    return {group: variables for group, variables in found.items() if variables}


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()[:_MAX_CHARS]
