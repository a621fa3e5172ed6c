"""`nmod completion`."""

from __future__ import annotations

import click

_PLACES = {
    "bash": "nmod completion bash > ~/.local/share/bash-completion/completions/nmod",
    "zsh": "nmod completion zsh > ~/.zfunc/_nmod    (with fpath=(~/.zfunc $fpath) before compinit in ~/.zshrc)",
    "fish": "nmod completion fish > ~/.config/fish/completions/nmod.fish",
}
_NO_SPACE = """
# A name that a value or a path follows gets no space behind it.
_nmod_completion_open() {
    _nmod_completion "$@"
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
    return 0
}
complete -o nosort -F _nmod_completion_open nmod
"""


@click.command()
@click.argument("shell", type=click.Choice(tuple(_PLACES)))
def completion(shell: str) -> None:
    """Print the script that lets a shell complete commands, options, files, modules and names in applications.

    \b
    nmod completion bash > ~/.local/share/bash-completion/completions/nmod
    nmod completion fish > ~/.config/fish/completions/nmod.fish

    The first lines of the script say where it belongs.

    Next: in a new shell, type nmod and press Tab.
    """
    from click.shell_completion import get_completion_class

    completion_class = get_completion_class(shell)
    assert completion_class is not None
    command = click.get_current_context().find_root().command
    script = completion_class(command, {}, "nmod", "_NMOD_COMPLETE").source().strip()
    head, _, rest = script.partition("\n") if script.startswith("#compdef") else ("", "", script)
    note = f"# Completion of nmod in {shell}. Where it belongs:\n#   {_PLACES[shell]}"
    print("\n".join(part for part in (head, note, rest) if part))
    if shell == "bash":
        print(_NO_SPACE, end="")
