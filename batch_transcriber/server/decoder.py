"""A process that does nothing but decode recordings, one after the other, for its parent.

FFmpeg reads what strangers send, and a file that breaks it must break nothing else. Ends with its parent,
whatever ends that: the pipe between them is closed then.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING

from batch_transcriber.server.framing import BLOCK_BYTES, RATE_HZ, Kind, Request, send
from batch_transcriber.server.recogniser import NotAudioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_transcriber.server.audio import Recording

SHORTEST_AUDIO_S = 0.160
_SAMPLE_BYTES = 2
_SENT_BYTES = 64 * 1024  # at a time
_SIGN_OF_LIFE_S = 1.0


class _TooLongError(Exception):
    """The recording has more samples than the parent wants to hear of."""


def decode(request: Request, pipe: IO[bytes]) -> None:
    """Send a recording's samples.

    Raises:
        NotAudioError: Nothing in the file can be heard.
        BrokenPipeError: The parent has gone.
    """
    from batch_transcriber.server.audio import opened  # noqa: PLC0415 - needs the extra

    path = Path(os.fsdecode(request.path.encode("latin-1")))
    known_s = None
    with opened(path) as recording:
        if request.most is not None and not 0 < (recording.stated_s or 0) * RATE_HZ <= request.most:
            # Whether it is too long is found out before hours of it are heard.
            known_s = sum(_counted(recording, request, pipe)) / RATE_HZ
    with opened(path) as recording:
        row_bytes = _SAMPLE_BYTES * (recording.channels if request.by_channel else 1)
        stated_s = known_s or recording.stated_s
        send(pipe, Kind.OPENED, stated_s=stated_s, channels=recording.channels)
        samples = bytearray()
        at = 0
        for block in _alive(recording.blocks(by_channel=request.by_channel), pipe):
            begin, at = at, at + len(block) // row_bytes
            if request.most is not None and at > request.most:
                raise _TooLongError
            first = max(request.start - begin, 0)
            last = (at if request.end is None else min(at, request.end)) - begin
            samples += block[first * row_bytes : max(first, last) * row_bytes]
            if len(samples) >= _SENT_BYTES:
                _send_samples(pipe, samples, row_bytes)
                samples = bytearray()
            if request.end is not None and at >= request.end:
                break
        else:
            if at < SHORTEST_AUDIO_S * RATE_HZ:
                raise NotAudioError.too_short()
            stated_s = None  # now we know better
        _send_samples(pipe, samples, row_bytes)
        send(pipe, Kind.ENDED, duration_s=max(at / RATE_HZ, stated_s or 0))


def _counted(recording: Recording, request: Request, pipe: IO[bytes]) -> Iterator[int]:
    at = 0
    for block in _alive(recording.blocks(by_channel=False), pipe):
        samples = len(block) // _SAMPLE_BYTES
        at += samples
        if request.most is not None and at > request.most:
            raise _TooLongError
        yield samples


def _alive(blocks: Iterator[bytes], pipe: IO[bytes]) -> Iterator[bytes]:
    """Tell the parent now and then that the work goes on."""
    told_s = time.monotonic()
    for block in blocks:
        yield block
        if time.monotonic() - told_s > _SIGN_OF_LIFE_S:
            send(pipe, Kind.BUSY)
            told_s = time.monotonic()


def _send_samples(pipe: IO[bytes], samples: bytearray, row_bytes: int) -> None:
    step = BLOCK_BYTES // row_bytes * row_bytes
    for at in range(0, len(samples), step):
        send(pipe, Kind.SAMPLES, samples[at : at + step])


def serve(requests: SimpleQueue[bytes], pipe: IO[bytes]) -> None:
    """Decode what is asked for until the parent has gone; after trouble with memory, end."""
    while line := requests.get():
        try:
            decode(Request.of_line(line), pipe)
        except NotAudioError as error:
            send(pipe, Kind.FAILED, message=str(error))
        except _TooLongError:
            send(pipe, Kind.FAILED, too_long=True)
        except MemoryError:
            send(pipe, Kind.FAILED, out_of_memory=True)
            return
        except BrokenPipeError:
            return
        except OSError as error:  # the file went, or can't be read
            send(pipe, Kind.FAILED, unreadable=error.strerror or type(error).__name__)


def _take_requests(pipe: IO[bytes], requests: SimpleQueue[bytes]) -> None:
    """Pass requests on; when the parent has gone, end at once, whatever FFmpeg is at."""
    for line in pipe:
        requests.put(line)
    os._exit(0)


def _limit(memory_bytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "darwin":  # which refuses it
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def main() -> None:
    """Serve the parent over stdin and stdout; the argument is how many bytes of memory may be taken."""
    _limit(int(sys.argv[1]))
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # meant for the parent, who tells us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints gets among the messages
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_take_requests, args=(sys.stdin.buffer, requests), daemon=True).start()
    serve(requests, replies)
    os._exit(0)


if __name__ == "__main__":
    main()
