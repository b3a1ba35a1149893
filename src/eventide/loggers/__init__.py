"""One way to log to any dashboard: Eventide itself, Comet, Weights & Biases, MLflow, or several at once.

    from eventide.loggers import EventideLogger, MultiLogger, WandbLogger

    with MultiLogger([EventideLogger(project="vision"), WandbLogger("vision", keep=False)]) as logger:
        logger.log({"loss": 0.5, "sample": image}, step=3)

A logger of a vendor keeps the run in Eventide too, unless told not to, so that nothing is lost when the network or the vendor is.
Invariant: what a vendor's SDK does wrong, however slowly, neither stops nor delays training; it is counted, and said.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventide.loggers.comet import CometLogger
    from eventide.loggers.interface import Logger
    from eventide.loggers.local import EventideLogger
    from eventide.loggers.mlflow import MLflowLogger
    from eventide.loggers.several import MultiLogger
    from eventide.loggers.wandb import WandbLogger

__all__ = ["CometLogger", "EventideLogger", "Logger", "MLflowLogger", "MultiLogger", "WandbLogger"]

_HOMES = {
    "CometLogger": "comet",
    "EventideLogger": "local",
    "Logger": "interface",
    "MLflowLogger": "mlflow",
    "MultiLogger": "several",
    "WandbLogger": "wandb",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `eventide.loggers` has no `{name}`")
    value = getattr(import_module(f"eventide.loggers.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
