"""A service from its options to its end: what it says on the way, and what it ends with."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_transcriber.cli.options import known_variables, serving
from batch_transcriber.cli.recogniser import in_words
from batch_transcriber.cli.results import print_result
from batch_transcriber.cli.service_log import ServiceLog
from batch_transcriber.cli.signals import stop_on_signals
from batch_transcriber.cli.state_folder import state_folder
from batch_transcriber.cli.typos import unread_variables
from batch_transcriber.client.keys import read_key_file
from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.model import DaskLost
from batch_transcriber.server import LocalService
from batch_transcriber.server.recogniser import Effort
from batch_transcriber.server.whisper import WhisperRecogniser
from batch_transcriber.ui import PatientConsole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import typer

    from batch_transcriber.server.cluster_ears import Help

AUDIO_MAX_S = 10 * 3600  # of one recording, as of AssemblyAI's own service
AHEAD = 2  # transcripts whose recordings are fetched while the recogniser is busy
PATIENCE_S = 60.0  # with a cluster that went away
OPEN_FILES = 65_536  # at most: a connection takes one
THREADS = 64  # at most; they are made as they are needed
ANY_KEY = "local"  # clients insist on one
# Short enough to stand behind the ^C of a terminal.
STOPPING = "stopping; the rest is heard after the next start (Ctrl-C ends at once)"


def serve_as_typed(context: typer.Context) -> int:
    """Serve until a signal comes, and return the exit code.

    Raises:
        FatalError: The key, the address, the data folder or the recogniser cannot be used.
    """
    values: Mapping[str, Any] = context.params
    key = None if values["key_file"] is None else _key(values["key_file"])
    if key is None and not _is_loopback(values["host"]):
        context.fail(
            f"--host {values['host']} lets other machines in, so clients need a key: --key-file FILE "
            "(make one: openssl rand -hex 32)"
        )
    _raise_open_files()
    ours = {name: value for name, value in os.environ.items() if name.startswith(serving.VARIABLES)}
    console = PatientConsole(stderr=True)
    with ServiceLog(console, is_quiet=values["quiet"], is_verbose=values["verbose"]) as log:
        for warning in unread_variables(ours, known_variables()):
            log.say(warning)
        return asyncio.run(_serve(values, key, log))


async def _serve(values: Mapping[str, Any], key: str | None, log: ServiceLog) -> int:
    effort = Effort.FAST if values["fast"] else Effort.ACCURATE if values["accurate"] else Effort.NORMAL
    folder = values["data"] or _usual_folder()
    # Name servers that do not answer keep a thread each, and uploads are written by the same ones.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    recogniser = WhisperRecogniser(
        values["model"], effort=effort, workers=values["workers"], max_audio_s=AUDIO_MAX_S
    )
    lost: list[FatalError] = []

    def end_early(error: FatalError) -> None:
        lost.append(error)
        stop.ask(error.exit_code)

    async with AsyncExitStack() as stack:
        if values["dask"]:
            recogniser.hear_on(_help(values, log, end_early))
        await stack.enter_async_context(recogniser)
        # Within: once the service is left all is on disk, and the recogniser's threads are not waited for.
        stop = stack.enter_context(stop_on_signals())
        service = await stack.enter_async_context(
            LocalService(
                recogniser,
                key=key,
                host=values["host"],
                port=values["port"],
                concurrency=values["concurrency"] or recogniser.concurrency + AHEAD,
                heard_at_once=recogniser.concurrency,
                kept_in=folder,
                allow_private=values["allow_private"],
            )
        )
        if not values["quiet"]:
            log.say(f"{in_words(recogniser, effort)}; it tells no speakers apart")
            _introduce(values, service.base_url, folder, log)
        await stop.asked.wait()
        if not lost:
            log.say(STOPPING)
    if lost:
        raise lost[0]
    return stop.exit_code or ExitCode.OK


def _help(values: Mapping[str, Any], log: ServiceLog, on_lost: Callable[[FatalError], None]) -> Help:
    from batch_transcriber.server.cluster_ears import Help  # noqa: PLC0415 - few have a cluster

    patience_s, lost = values["dask_wait"] or PATIENCE_S, values["dask_lost"] or DaskLost.HERE
    return Help(values["dask"], patience_s, lost, log.say, on_lost)


def _introduce(values: Mapping[str, Any], base_url: str, folder: Path, log: ServiceLog) -> None:
    """Say where the service is, and what its clients are to be told."""
    key_file: Path | None = values["key_file"]
    log.say(f"recordings and transcripts are kept in {folder}")
    if key_file is None:
        log.say(f"listening on {base_url}, for this machine alone; any key will do")
    else:
        log.say(f"listening on {base_url}, for who has the key in {key_file}")
    log.say("clients of the AssemblyAI API find it by these two:")
    secret = ANY_KEY if key_file is None else f'"$(cat {shlex.quote(os.fspath(key_file.absolute()))})"'
    print_result(
        f"export ASSEMBLYAI_BASE_URL={_seen_by_clients(base_url)}\nexport ASSEMBLYAI_API_KEY={secret}"
    )


def _key(path: Path) -> str:
    key = read_key_file(path)
    if not key.isprintable():
        raise FatalError(f"{path}: the key must be a single line", ExitCode.AUTH)
    return key


def _seen_by_clients(base_url: str) -> str:
    """Return the address with a name that other machines may know, where it is that of all networks here."""
    for everywhere in ("//0.0.0.0:", "//[::]:"):
        base_url = base_url.replace(everywhere, f"//{socket.gethostname()}:")
    return base_url


def _is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address; one that is none is told of when it is used."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return True
    return all(ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def _usual_folder() -> Path:
    """Return the folder in the user's state, with those above it made.

    Raises:
        FatalError: They can't be made.
    """
    above = state_folder()
    try:
        above.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FatalError(
            f"{above}: cannot be made ({error.strerror}); name a folder with --data", ExitCode.LOCAL
        ) from error
    return above / "serve"


def _raise_open_files() -> None:
    """Allow as many open files as the system lets us: each client that is connected takes one."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
