"""The config, under the module names of That Metric Timeline."""

from __future__ import annotations

from eventide.compat.tmt.configs.parser import Configs

__all__ = ["Configs"]
