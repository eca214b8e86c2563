"""Which texts are in a bucket already; listed once, and kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_transcriber.buckets.store import store_of
from batch_transcriber.errors import ExitCode, FatalError, TranscriberError
from batch_transcriber.plan.scratch import Scratch

if TYPE_CHECKING:
    from batch_transcriber.buckets.place import BucketPath


class There(Scratch):
    """The objects below a place as they were when first asked for; memory does not grow. To be entered.

    To ask for each of them alone would take longer than to transcribe them.
    """

    def __init__(self, out: BucketPath) -> None:
        super().__init__("CREATE TABLE texts (key BLOB PRIMARY KEY) WITHOUT ROWID;")
        self._out = out
        self._is_listed = False

    def has(self, output: str) -> bool:
        """Tell whether there is an object of this name below the place; blocking.

        Raises:
            FatalError: it cannot be listed, or there is no room for the names.
        """
        if not self._is_listed:
            self._list()
        key = output.encode("utf-8", "surrogateescape")
        return any(True for _ in self.read("SELECT 1 FROM texts WHERE key = ?", (key,)))

    def _list(self) -> None:
        address = self._out.address
        above = f"{address.key}/" if address.key else ""
        try:
            found = store_of(address).objects(address.at(above))
            self.write_all(
                "INSERT OR IGNORE INTO texts VALUES (?)",
                ((stored.key.removeprefix(above).encode(),) for stored in found),
            )
        except FatalError:
            raise
        except TranscriberError as error:
            raise FatalError(f"{self._out}: {error}", ExitCode.LOCAL) from error
        self._is_listed = True
