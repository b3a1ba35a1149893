"""Watch a torch model: norms of parameters and gradients, logged as training goes on.

Invariant: torch is never imported; a model is what has `named_parameters`, and a parameter what has `register_hook`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventide.errors import InvalidValue
from eventide.sdk.values import type_name

Log = Callable[[Mapping[str, float]], None]


def watch(model: Any, log: Log, every_n_steps: int = 100) -> None:
    """Log `gradient/<name>`, `parameter/<name>` and the norms over all of them every so many backward passes.

    Raises:
        InvalidValue: the model has no parameters that could be watched, or the number is none.
    """
    if every_n_steps < 1:
        raise InvalidValue(f"every {every_n_steps} steps is not a number of steps", hint="every_n_steps=100")
    named = getattr(model, "named_parameters", None)
    parameters = (
        [(name, one) for name, one in named() if getattr(one, "requires_grad", False)] if callable(named) else []
    )
    if not parameters:
        raise InvalidValue(
            f"a {type_name(model)} has no parameters to watch", hint="watch(model) takes a torch.nn.Module"
        )
    watcher = _Watcher(parameters, log, every_n_steps)
    for name, parameter in parameters:
        parameter.register_hook(watcher.hook(name))


class _Watcher:
    """Collects the gradients of one backward pass."""

    def __init__(self, parameters: list[tuple[str, Any]], log: Log, every: int) -> None:
        self._parameters = dict(parameters)
        self._log = log
        self._every = every
        self._passes = 0
        self._seen: dict[str, float] = {}

    def hook(self, name: str) -> Callable[[Any], None]:
        def noted(gradient: Any) -> None:
            if name in self._seen or len(self._seen) == len(self._parameters):
                self._begin()
            self._seen[name] = 0.0
            if self._passes % self._every == 0:
                self._seen[name] = _norm(gradient)
                if len(self._seen) == len(self._parameters):
                    self._tell()

        return noted

    def _begin(self) -> None:
        self._seen.clear()
        self._passes += 1

    def _tell(self) -> None:
        row = {f"gradient/{name}": norm for name, norm in self._seen.items()}
        row["gradient_norm"] = sum(norm**2 for norm in self._seen.values()) ** 0.5
        norms = {name: _norm(parameter) for name, parameter in self._parameters.items()}
        row.update({f"parameter/{name}": norm for name, norm in norms.items()})
        row["parameter_norm"] = sum(norm**2 for norm in norms.values()) ** 0.5
        self._log(row)


def _norm(tensor: Any) -> float:
    return float(tensor.detach().float().norm())
