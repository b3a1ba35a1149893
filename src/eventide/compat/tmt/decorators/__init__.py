"""The decorator, under the module names of That Metric Timeline."""

from __future__ import annotations
