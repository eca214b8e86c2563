"""Outputs in a bucket: whole or absent, for each is one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from batch_transcriber.buckets.store import begin, store_of, wait
from batch_transcriber.buckets.trouble import NoRightError, NoSuchBucketError
from batch_transcriber.errors import ExitCode, FatalError, PermanentError, RetryableError, TranscriberError

if TYPE_CHECKING:
    from concurrent.futures import Future
    from types import TracebackType

    from batch_transcriber.buckets.place import BucketPath

MARKER = ".batch-transcriber"
MARKER_TEXT = b"batch-transcriber writes texts here; its journal is on the machine that runs it.\n"


def check_bucket(out: BucketPath) -> None:
    """Prove that a place in a bucket can be listed.

    Raises:
        FatalError: it cannot.
    """
    try:
        next(store_of(out.address).objects(out.address), None)
    except (TranscriberError, FileNotFoundError) as error:
        raise _unusable(out, error) from error


def prepare_bucket(out: BucketPath) -> None:
    """Prove that a place in a bucket can be listed and written to, before anything is sent or paid.

    A small object stays there, which a search passes over.

    Raises:
        FatalError: it cannot.
    """
    check_bucket(out)
    address = (out / MARKER).address
    try:
        wait(store_of(address).put(address, MARKER_TEXT))
    except (TranscriberError, FileNotFoundError) as error:
        raise _unusable(out, error) from error


class Put:
    """A text on its way to a bucket; what is there stays until it is replaced as a whole.

    Args:
        path: Its place.
        text: What it will hold.
    """

    def __init__(self, path: BucketPath, text: str) -> None:
        self._path = path
        self._text = text
        self._putting: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it: what is on its way arrives whole, or not at all."""

    def begin(self) -> None:
        """Send it off, together with others."""
        address = self._path.address
        self._putting = begin(store_of(address).put(address, self._text.encode("utf-8", "replace")))
        self._text = ""

    def publish(self) -> None:
        """Return once it is in its place; blocking.

        Raises:
            FatalError: nothing can be written there any more.
            PermanentError: this text cannot be written.
            RetryableError: the store is away.
        """
        assert self._putting is not None  # noqa: S101 - begun
        try:
            self._putting.result()
        except (NoRightError, NoSuchBucketError, FileNotFoundError) as error:
            raise FatalError(
                f"{self._path}: cannot be written ({error}); then run the same command again", ExitCode.LOCAL
            ) from error
        except PermanentError as error:
            raise PermanentError(f"its text cannot be written ({error}); choose another -o") from error


def _unusable(out: BucketPath, error: Exception) -> FatalError:
    advice = f"; {error.advice}" if isinstance(error, RetryableError) else ""
    return FatalError(f"{out}: the texts cannot be written there: {error}{advice}", ExitCode.LOCAL)
