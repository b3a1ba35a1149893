"""What to do about names that are taken, under the module name of That Metric Timeline."""

from __future__ import annotations
