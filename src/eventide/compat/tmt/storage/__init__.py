"""Entries and the JSON file that holds them, under the module names of That Metric Timeline."""

from __future__ import annotations
