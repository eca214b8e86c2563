"""A real terminal round a command: a pty, and a screen that shows what a person would see."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

DEADLINE_S = 20.0


class Terminal:
    """A command in a window of `columns` x `lines`.

    Attributes:
        raw: All bytes that it wrote.
        process: The command.
    """

    def __init__(self, master: int, process: asyncio.subprocess.Process, columns: int, lines: int) -> None:
        self.raw = bytearray()
        self.process = process
        self._master = master
        self._screen = pyte.HistoryScreen(columns, lines, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # the command has closed its side
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
        self.raw += data
        self._stream.feed(data)
        self._changed.set()

    def lines(self) -> list[str]:
        """Return the lines in the window, without trailing spaces and empty lines at the end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n").split("\n")

    async def until(self, condition: Callable[[list[str]], bool]) -> list[str]:
        """Return the window's lines as soon as they fulfil a condition."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition(self.lines()):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError("never seen; the window shows:\n" + "\n".join(self.lines())) from None
        return self.lines()

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def resize(self, columns: int, lines: int) -> None:
        """Change the window, as a person does with the mouse."""
        self._screen.resize(lines, columns)
        _set_size(self._master, columns, lines)  # the system tells the command

    async def end(self) -> int:
        """Return the exit code."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.process.wait()


@asynccontextmanager
async def run_in_terminal(
    *command: str,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    columns: int = 80,
    lines: int = 24,
    term: str = "xterm-256color",
) -> AsyncIterator[Terminal]:
    """Run a command with its standard streams on a terminal of its own."""
    master, slave = open_window(columns, lines)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env={name: value for name, value in environ.items() if name != "COLUMNS"} | {"TERM": term},
        preexec_fn=take_terminal,
    )
    os.close(slave)
    try:
        yield Terminal(master, process, columns, lines)
    finally:
        asyncio.get_running_loop().remove_reader(master)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(master)


def _set_size(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def open_window(columns: int, lines: int) -> tuple[int, int]:
    """Return a new terminal's two sides: the one that shows, and the one for a command."""
    master, slave = pty.openpty()
    _set_size(slave, columns, lines)
    return master, slave


def take_terminal() -> None:
    """Give a new process the terminal on its stdin: a `preexec_fn`."""
    # As a shell does for what it starts in front: whoever runs the tests may have these ignored.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C becomes SIGINT
