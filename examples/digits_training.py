"""What one process of the digits demo does: train one scikit-learn model epoch by epoch, and log every epoch.

This is how a training script uses Eventide; nothing in it knows about the other processes or about the tables that are
printed meanwhile.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import eventide

PROJECT = "digits"
CLASSES = np.arange(10)
BATCH_SIZE = 32
TREES_PER_EPOCH = 4


@dataclass(frozen=True)
class Job:
    """One run to be made: which family of models, which seed, how long, and where it is kept."""

    family: str
    seed: int
    epochs: int
    store: str
    tag: str


@dataclass(frozen=True)
class Data:
    """The digits: pixels float64[n, 64] from 0 to 1, labels int64[n] from 0 to 9; one split for all seeds."""

    x_train: Any
    x_val: Any
    y_train: Any
    y_val: Any


def load_data() -> Data:
    """Return the digits, a third of them for validation."""
    x, y = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x / 16.0, y, test_size=1 / 3, random_state=0, stratify=y)
    return Data(x_train, x_val, y_train, y_val)


# --- three families of models ---------------------------------------------------------------------------------------------


def logistic(seed: int) -> tuple[Any, dict[str, Any]]:
    """Return a linear model with the logistic loss, and its parameters."""
    params = {"alpha": 1e-4, "learning_rate": "constant", "eta0": 0.02}
    return SGDClassifier(loss="log_loss", random_state=seed, **params), params


def network(seed: int) -> tuple[Any, dict[str, Any]]:
    """Return a small neural network, and its parameters."""
    params = {"hidden_layer_sizes": (48,), "learning_rate_init": 1e-3, "alpha": 1e-4}
    return MLPClassifier(random_state=seed, **params), params


def forest(seed: int) -> tuple[Any, dict[str, Any]]:
    """Return a random forest that grows by some trees an epoch, and its parameters."""
    params = {"max_depth": 8, "max_features": "sqrt"}
    return RandomForestClassifier(n_estimators=0, warm_start=True, random_state=seed, **params), params


FAMILIES: dict[str, Callable[[int], tuple[Any, dict[str, Any]]]] = {
    "logistic": logistic,
    "network": network,
    "forest": forest,
}


def fit_epoch(model: Any, data: Data, shuffle: np.random.Generator) -> None:
    """Show the model all of the training data once, or let it grow."""
    if hasattr(model, "n_estimators"):
        model.n_estimators += TREES_PER_EPOCH
        model.fit(data.x_train, data.y_train)
        return
    order = shuffle.permutation(len(data.y_train))
    for start in range(0, len(order), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        model.partial_fit(data.x_train[batch], data.y_train[batch], classes=CLASSES)


def measure(model: Any, x: Any, y: Any) -> tuple[float, float]:
    """Return the log loss and the accuracy of a model."""
    chances = model.predict_proba(x)
    return log_loss(y, chances, labels=CLASSES), float(accuracy_score(y, chances.argmax(axis=1)))


# --- one run --------------------------------------------------------------------------------------------------------------


def train(job: Job) -> str:
    """Train one model, tracked, and return the id of its run."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    data = load_data()
    shuffle = np.random.default_rng(job.seed)
    model, params = FAMILIES[job.family](job.seed)
    config = {"family": job.family, "seed": job.seed, "epochs": job.epochs, "model": params}
    with eventide.init(
        project=PROJECT,
        name=f"{job.family}-{job.seed}",
        group=job.family,
        tags=["demo", job.tag],
        config=config,
        dir=job.store,
    ) as run:
        run.define_metric("val/acc", summary="best", goal="max")
        run.define_metric("val/loss", summary="best", goal="min")
        for epoch in range(1, job.epochs + 1):
            fit_epoch(model, data, shuffle)
            train_loss, train_acc = measure(model, data.x_train, data.y_train)
            val_loss, val_acc = measure(model, data.x_val, data.y_val)
            run.log(
                {"train/loss": train_loss, "train/acc": train_acc, "val/loss": val_loss, "val/acc": val_acc},
                step=epoch,
            )
        run.summary["errors"] = int((model.predict(data.x_val) != data.y_val).sum())
    return run.id
