"""A mistake on the command line as one line, in words that name what was typed or set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.typos import nearest_option

if TYPE_CHECKING:
    from collections.abc import Iterator

# typer keeps the classes of its errors to itself, but for two; what they carry is read by attribute.


def describe(error: typer.TyperException) -> str:
    """Return what is wrong. A `typer.BadParameter` with a parameter goes on after that one's name."""
    context: Any = getattr(error, "ctx", None)
    name: str | None = getattr(error, "option_name", None)
    if isinstance(error, typer.BadParameter):
        option: Any = error.param or _find(context, str(error.param_hint))
        return _describe_value(error, option, context) if option else error.message
    if name is None or context is None:
        return error.format_message()
    option = _find(context, name)
    if option is None:
        return _no_such_option(name, context)
    if option.is_flag:
        return f"{name} takes no value"
    return f"{name} needs a value: {name} {option.metavar}"


def how_to_get_help(error: typer.TyperException) -> str:
    """Return the line that leads to the help of the command in question."""
    context: Any = getattr(error, "ctx", None)
    return f"see {context.command_path if context else 'batch-transcriber'} --help"


def set_by(context: Any, name: str) -> str:
    """Return where a value came from: `COMMANDLINE`, `ENVIRONMENT`, `DEFAULT_MAP` (configured), `DEFAULT`."""
    source = context.get_parameter_source(name)
    return source.name if source else "DEFAULT"


def subject(option: Any, context: Any) -> str:
    """Return what a person would look for to mend an option's value: its variable, a file, or itself."""
    source = set_by(context, option.name)
    if source == "ENVIRONMENT":
        return str(option.envvar)
    if source == "DEFAULT_MAP":
        return f"{context.default_map.path}: {option.name.replace('_', '-')}"
    return str(option.opts[0])


def subject_of(name: str, context: Any) -> str:
    """Return the same by the name of a parameter, which a command may be without."""
    option = next((option for option in context.command.params if option.name == name), None)
    return subject(option, context) if option else f"--{name.replace('_', '-')}"


def outranks(context: Any, name: str, other: str) -> bool:
    """Tell whether one parameter was set in a place that goes before that of another."""
    places = ("DEFAULT", "DEFAULT_MAP", "ENVIRONMENT", "COMMANDLINE")
    return places.index(set_by(context, name)) > places.index(set_by(context, other))


def _describe_value(error: typer.BadParameter, option: Any, context: Any) -> str:
    name = subject(option, context)
    if getattr(option, "is_flag", False):  # typed, it is right; only a variable can be wrong
        return f"{name} must be 1 or 0 (it is {os.environ.get(name, '')!r})"
    if getattr(option, "count", False):  # likewise
        return f"{name} must be 0, 1 or 2 (it is {os.environ.get(name, '')!r})"
    return f"{name} {error.message}" if error.message else error.format_message()


def _no_such_option(name: str, context: Any) -> str:
    command, parent = context.command, context.parent
    commands: dict[str, Any] = getattr(command, "commands", {})
    for below in commands.values():
        # The value that follows is not repeated: it may be a key.
        if name in _names(below):
            return f"{name} belongs to {below.name}: {context.command_path} {below.name} {name} ..."
    if parent and name in _names(parent.command, parent):
        return f"{name} goes without a command: {parent.command_path} {name}"
    if command.name == "systemd" and parent and name in _names(parent.command.commands["run"]):
        return f"{name} belongs to run: put it behind --, as in {context.command_path} SOURCE -- {name} ..."
    line = f"no such option: {name}"
    if meant := nearest_option(name, _names(command, context)):
        return f"{line}; did you mean {meant}?"
    for below in commands.values():
        if meant := nearest_option(name, _names(below)):
            return f"{line}; did you mean: {context.command_path} {below.name} {meant} ..."
    return line


def _find(context: Any, name: str) -> Any:
    """Return the command's option of this name; None where it has none."""
    options = context.command.get_params(context) if context else []
    return next((option for option in options if name in option.opts), None)


def _names(command: Any, context: Any = None) -> Iterator[str]:
    """Yield the options of a command; with its context, also those that every command has."""
    for option in command.get_params(context) if context else command.params:
        if option.param_type_name == "option":
            yield from option.opts
