"""The user's configuration file: options by their names, below variables and the defaults of a job list."""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from batch_transcriber.cli.contradictions import PAIRS
from batch_transcriber.cli.typos import PREFIX
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.mistakes import Mistake, MistakesError, did_you_mean, show

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

VARIABLE = f"{PREFIX}CONFIG"
SIZE_MAX_BYTES = 1_000_000
TAKE_NUMBERS = {"N", "SECONDS", "SIZE", "TIME", "USD"}  # by what the help calls their values
KEY_REFUSED = (
    "must not stand here, for such files are soon copied and shared; "
    "put the key into a file of its own, and name that with api-key-file"
)
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def config_path(environ: Mapping[str, str]) -> Path | None:
    """Return where the file is, or would be; None where the variable is empty, so that none is read."""
    named = environ.get(VARIABLE)
    if named is not None:
        return Path(named).expanduser() if named.strip() else None
    from platformdirs import user_config_path  # noqa: PLC0415 - not for `--help`

    return user_config_path("batch-transcriber", appauthor=False) / "config.toml"


class Configured(dict[str, Any]):
    """What the file says, by the names of parameters; read once, when the first of them is asked for.

    Nothing is read for help and completion, so a file with mistakes is not in their way.

    Args:
        context: Of a command that has options of a run.
        only: Those that it takes from here; None for all.

    Attributes:
        path: Of the file; None before it is read, and where there is none.
    """

    def __init__(self, context: Any, only: Collection[str] | None = None) -> None:
        super().__init__()
        self._only = only
        self.path: Path | None = None
        self._context = context
        self._is_read = False

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a parameter as typer takes it.

        Raises:
            MistakesError: the file has mistakes.
            FatalError: it cannot be read.
        """
        if self._context.resilient_parsing or (self._only is not None and name not in self._only):
            return default
        if not self._is_read:
            self._is_read = True
            self.path = config_path(os.environ)
            if self.path is not None:
                commands = self._context.find_root().command.commands
                options = [*commands["watch"].params, *commands["run"].params]  # neither has all
                self.update(read_config(self.path, options, self._context, is_named=VARIABLE in os.environ))
        return super().get(name, default)


def read_config(
    path: Path, options: Sequence[Any], context: Any, *, is_named: bool = False
) -> dict[str, Any]:
    """Return the values of a file, each checked as if it had been typed, by the names of their parameters.

    Args:
        path: Of the file.
        options: All that may stand in it.
        context: In which values are checked.
        is_named: The user named it, so it must be there.

    Raises:
        MistakesError: it has mistakes; all are named.
        FatalError: it cannot be read.
    """
    text = _read(path, is_named=is_named)
    known = {option.name: option for option in options if option.param_type_name == "option"}
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}  # as they are written, by the names of their options
    wrong: list[tuple[str, str]] = []
    for key, value in _parse(path, text).items():
        name = key.replace("-", "_")
        try:
            option = _find(key, known)
            if keys.setdefault(name, key) != key:
                wrong.append((key, f"stands here as {keys[name]} too; leave one of them out"))
            values[name] = _checked(option, value, context)
        except typer.BadParameter as error:
            wrong.append((key, error.message))
        except ValueError as error:
            wrong.append((key, str(error)))
    for first, second, reason in PAIRS:
        if values.get(first) and values.get(second):
            wrong.append((keys[second], f"cannot be used with {keys[first]}: {reason}"))
    if wrong:
        raise MistakesError(
            Mistake(os.fspath(path), *_place_of(key, text), key, message) for key, message in wrong
        )
    return values


def key_of(option: Any) -> str:
    """Return the name of an option in the file."""
    return str(option.name).replace("_", "-")


def _read(path: Path, *, is_named: bool) -> str:
    name = os.fspath(path)
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX_BYTES + 1)
    except FileNotFoundError:
        if not is_named:
            return ""
        raise FatalError(f"{name}: no such file; check {VARIABLE}, which names it", ExitCode.USAGE) from None
    except IsADirectoryError:
        raise FatalError(
            f"{name}: a folder stands where the configuration file would be; move it", ExitCode.USAGE
        ) from None
    except (OSError, ValueError) as error:  # the latter for a name with a NUL
        reason = getattr(error, "strerror", None) or error
        raise FatalError(f"{name}: the configuration file cannot be read: {reason}", ExitCode.USAGE) from None
    if len(data) > SIZE_MAX_BYTES:
        raise FatalError(f"{name}: more than 1 MB is no configuration file", ExitCode.USAGE)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[: error.start].rpartition(b"\n")[2].decode()) + 1
        raise MistakesError([Mistake(name, line, column, "", "not UTF-8; save the file as UTF-8")]) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - not for `--help`

    try:
        return tomllib.loads(text)
    except RecursionError:
        message, line, column = "nested too deeply", 1, 1
    except ValueError as error:
        # Before Python 3.14 the place is only in the words.
        place = _TOML_PLACE.search(str(error))
        end = text.rstrip("\n").count("\n") + 1
        line, column = (int(place[1] or end), int(place[2] or 1)) if place else (1, 1)
        message = f"not valid TOML: {_TOML_PLACE.sub('', str(error))}"
        if "Invalid value" in message:
            message += "; texts stand in quotes, and true and false are small"
    raise MistakesError([Mistake(os.fspath(path), line, column, "", message)])


def _place_of(key: str, text: str) -> tuple[int, int]:
    """Return line and column of a key; zeros where it is written in another way."""
    quoted = re.escape(key)
    match = re.search(rf"""^[ \t]*\[?[ \t]*(["']?{quoted}["']?)[ \t]*[]=.]""", text, re.MULTILINE)
    if match is None:
        return 0, 0
    start = match.start(1)
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def _find(key: str, known: Mapping[str, Any]) -> Any:
    """Return the option of a key.

    Raises:
        ValueError: there is none that may stand in the file; says why.
    """
    name = key.replace("-", "_")
    if name == "api_key":
        raise ValueError(KEY_REFUSED)
    if name not in known:
        names = [key_of(option) for option in known.values() if option.name != "api_key"]
        raise ValueError(f"no such option{did_you_mean(key.replace('_', '-'), names)}")
    return known[name]


def _checked(option: Any, value: Any, context: Any) -> Any:
    typed = _as_typed(option, value)
    option.process_value(context, typed)
    return typed


def _as_typed(option: Any, value: Any) -> Any:
    """Return a value as typer would have it from the command line, where all but switches are texts.

    Raises:
        ValueError: it is none for this option; says why.
    """
    if option.count:
        if type(value) is not int or value not in range(3):
            raise ValueError(f"must be 0, 1 or 2; it is {_shown(value)}")
        return value
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false; it is {_shown(value)}")
        return value
    if option.name == "report" and isinstance(value, bool):  # it is half a switch
        return str(value)
    if option.name == "set" and isinstance(value, dict):
        return list(_assignments(value))
    if option.multiple:
        return [_text(option, item) for item in (value if isinstance(value, list) else [value])]
    return _text(option, value)


def _text(option: Any, value: Any) -> str:
    takes_text = option.metavar not in TAKE_NUMBERS
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("must not hold a NUL")
        is_path = option.metavar in {"FILE", "=FILE", "DIR"}
        return os.path.expanduser(value) if is_path else value  # noqa: PTH111 - "" stays what it is
    if takes_text:
        raise ValueError(f"must be a text in quotes; it is {_shown(value)}")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"must be {option.metavar}, as a number or a text in quotes; it is {_shown(value)}")


def _assignments(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the parameters of a table as `--set` takes them."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _assignments(value, f"{above}{key}.")
            continue
        try:
            text = value if isinstance(value, str) else json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):
            raise ValueError(f"{above}{key} cannot be {_shown(value)}") from None
        yield f"{above}{key}={text}"


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else show(value)
