"""`uetai.logger`: `CometLogger`, `WandbLogger` and what they have in common; an SDK is looked for when its logger is made."""

from __future__ import annotations

from eventide.compat.uetai.data import visualization_table
from eventide.compat.uetai.logger.base import UetaiLoggerBase, UnsupportedData
from eventide.compat.uetai.logger.comet import CometLogger
from eventide.compat.uetai.logger.wandb import WandbLogger

__all__ = ["CometLogger", "UetaiLoggerBase", "UnsupportedData", "WandbLogger", "visualization_table"]
