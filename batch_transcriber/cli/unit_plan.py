"""From what was typed to the plan of a unit, checked; and from there to its files."""

from __future__ import annotations

import os
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.buckets.place import is_in_bucket, place_of
from batch_transcriber.cli.calendar import is_calendar
from batch_transcriber.cli.results import print_result
from batch_transcriber.cli.units import KEY_FILE, NAME, UnitPlan
from batch_transcriber.cli.usage import set_by
from batch_transcriber.cli.values import shorten
from batch_transcriber.errors import ExitCode, FatalError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_PASSED_ON = {
    "api_key": "the unit reads the key as a credential",
    "out": "name the folder before the --",
}
NO_BUCKET = "must be a folder: a unit cannot write into a bucket yet"
_WRITTEN = ("log_file", "metrics_file", "journal")
_OWN = (f"/var/lib/{NAME}", f"/var/log/{NAME}")  # made by systemd
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - looked for, not used


def make_plan(
    context: typer.Context,
    arguments: Sequence[str],
    *,
    is_watch: bool,
    calendar: str | None,
    out: Path | None,
    is_of_user: bool,
) -> UnitPlan:
    """Return what the units are to do.

    Args:
        context: Of this command.
        arguments: Sources, and from the first that begins with a dash on, options of the command to run.
        is_watch: It is `watch` that is to run.
        calendar: When; None for always, or by hand.
        out: The output folder; None for one that systemd makes.
        is_of_user: For the systemd of a user.

    Raises:
        typer.BadParameter: something cannot be what it is.
    """
    sources = list(takewhile(lambda word: not word.startswith("-"), arguments))
    options = list(arguments[len(sources) :])
    verb = "watch" if is_watch else "run"
    if not sources and (is_watch or not options):
        raise typer.BadParameter(
            "nothing to transcribe: name a folder" + ("" if is_watch else ", or -- -j LIST")
        )
    if is_watch and calendar is not None:
        raise typer.BadParameter("--watch cannot be used with --timer: it never ends")
    if calendar is not None and not is_calendar(calendar):
        raise typer.BadParameter(
            f"must be a time such as 22:00 or 'Mon..Fri 22:00' (it is {shorten(calendar)!r})",
            param_hint="--timer",
        )
    places = [source if "://" in source else os.path.abspath(source) for source in sources]  # noqa: PTH100
    if out is not None and is_in_bucket(place_of(out)):
        raise typer.BadParameter(NO_BUCKET, param_hint="--out")
    out = None if out is None else Path(os.path.abspath(out))  # noqa: PTH100 - links stay as they are
    for word in (*places, *options, str(out)):
        if not word.isprintable():
            raise typer.BadParameter(f"{word!a} cannot stand in a unit file; rename it")
    passed_on = _parse(context, verb, [*places, *options])
    paths = {name: value for name, value in passed_on.items() if isinstance(value, Path)}
    writes = [path.parent for name, path in paths.items() if name in _WRITTEN]
    models = _paths("model", passed_on.get("model", ()))
    program = _program()
    return UnitPlan(
        command=[*program, verb, *places, *options],
        out=out,
        writes=[path for path in writes if not str(path).startswith(_OWN)],
        reads=[*paths.values(), *models, *map(Path, (*places, program[0], sys.prefix, sys.base_prefix))],
        account=None if out is None or is_of_user else _owner(out),
        is_of_user=is_of_user,
        needs_key=not passed_on.get("offline"),
        calendar=calendar,
    )


def print_files(plan: UnitPlan, into: Path | None) -> None:
    """Print the files, or write them into a folder; and say on stderr what is still to be done.

    Raises:
        FatalError: they cannot be written.
    """
    files = plan.files()
    if into is None:
        print_result("\n".join(f"# {plan.folder}/{name}\n{text}" for name, text in files.items()).rstrip())
    for name, text in files.items():
        if into is not None:
            try:
                (into / name).write_text(text, encoding="utf-8")
            except OSError as error:
                raise FatalError(
                    f"{into / name}: cannot be written ({error.strerror})", ExitCode.LOCAL
                ) from None
            print_result(os.fspath(into / name))
    for line in _what_to_do(plan):
        typer.echo(line, err=True)


def _what_to_do(plan: UnitPlan) -> list[str]:
    sudo, control = ("", "systemctl --user") if plan.is_of_user else ("sudo ", "sudo systemctl")
    lines = []
    if hidden := [path for path in (*plan.reads, *plan.writes, plan.out) if path and _is_temporary(path)]:
        lines.append(
            f"{hidden[0]} is in a folder for temporary files, where the unit does not see it; move it"
        )
    if plan.needs_key:
        place = KEY_FILE.replace("%E", "~/.config" if plan.is_of_user else "/etc")
        lines.append(f"the key belongs into a file: {sudo}install -D -m 600 FILE {place}")
    if plan.out is not None:
        lines.append(f"the output folder must be there: mkdir -p {plan.out}")
    unit = f"{NAME}.{'service' if plan.calendar is None else 'timer'}"
    lines.append(f"with the files in {plan.folder}: {control} daemon-reload && {control} enable --now {unit}")
    if plan.is_of_user:
        lines.append("to run while you are logged out: loginctl enable-linger")
    return lines


def _parse(context: typer.Context, verb: str, arguments: list[str]) -> dict[str, Any]:
    """Return what the arguments mean to the command that is to run, where it is there to be asked.

    Raises:
        typer.BadParameter: it would refuse them, or they do not work in a unit.
    """
    root = context.find_root()
    command = root.command.commands.get(verb)  # type: ignore[attr-defined] # typer's groups have no type
    if command is None:
        return {}
    parsed = command.make_context(verb, list(arguments), parent=root)
    typed = {}
    for param in command.params:
        name, value = param.name, parsed.params[param.name]
        if set_by(parsed, name) != "COMMANDLINE":
            continue
        if name in _NOT_PASSED_ON:
            raise typer.BadParameter(f"{param.opts[0]} has no place in a unit: {_NOT_PASSED_ON[name]}")
        for path in _paths(name, value):
            if not path.is_absolute():
                raise typer.BadParameter(
                    f"{param.opts[0]} must begin with a / in a unit (it is {str(path)!r})"
                )
        typed[name] = value
    return typed


def _paths(name: str, value: Any) -> list[Path]:
    """Return the paths in an option's value."""
    if name == "model":  # a folder, or a name
        return [Path(model) for model in value if os.sep in model]
    return [value] if isinstance(value, Path) else []


def _program() -> list[str]:
    """Return how this program is called from anywhere."""
    called = Path(sys.argv[0])
    if called.name == NAME and called.is_file():
        return [os.path.abspath(called)]  # noqa: PTH100 - a link may be what stays
    return [sys.executable, "-m", "batch_transcriber"]


def _owner(out: Path) -> str:
    """Return whose folder it is, or will be: the unit runs as its owner.

    Raises:
        typer.BadParameter: it is root's, or nobody's.
    """
    there = next(path for path in (out, *out.parents) if path.exists())
    try:
        owner = there.owner()
    except (KeyError, OSError, NotImplementedError):
        owner = "nobody that is known"
    if owner == "root" or " " in owner:
        raise typer.BadParameter(
            f"{there} belongs to {owner}, and a unit runs as its folder's owner, never as that one; "
            "chown a folder for the texts to a user, leave -o out (they go to /var/lib), or use --user"
        )
    return owner


def _is_temporary(path: Path) -> bool:
    return any(str(path).startswith(f"{folder}/") for folder in _TEMPORARY)
