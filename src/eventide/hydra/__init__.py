"""Hydra: load existing sweeps into frames, import them into a store, and track new runs with a callback.

Invariant: importing this package loads neither pandas nor Hydra; only YAML is parsed, nothing a config names is ever made.
"""

from __future__ import annotations

from eventide.hydra.loader import FileLoader, load_experiment, load_project, load_run

__all__ = ["FileLoader", "load_experiment", "load_project", "load_run"]
