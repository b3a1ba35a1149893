"""The running experiment, its results and snapshots, under the module names of That Metric Timeline."""

from __future__ import annotations
