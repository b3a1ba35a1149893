"""`eventide completion`: the script a shell needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from eventide.cli.completion import SCRIPTS
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting

if TYPE_CHECKING:
    from eventide.cli.state import State


@click.command(cls=VerbCommand)
@click.argument("shell", metavar="bash|zsh|fish")
@click.pass_obj
def completion(
    state: State,
    shell: str,
) -> None:
    """Print the completion script of a shell; it completes verbs, options, runs, metrics and keys.

    eval "$(eventide completion bash)"                                  # in ~/.bashrc
    eval "$(eventide completion zsh)"                                   # in ~/.zshrc, after compinit
    eventide completion fish > ~/.config/fish/completions/eventide.fish
    """
    if shell not in SCRIPTS:
        raise InvalidSetting(f"there is no completion for `{shell}`", hint="eventide completion bash|zsh|fish")
    state.output.write(SCRIPTS[shell])
