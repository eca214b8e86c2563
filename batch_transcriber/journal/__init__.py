"""What is known to have happened, on disk."""

from batch_transcriber.journal.drive import is_on_network
from batch_transcriber.journal.lock import RunLock
from batch_transcriber.journal.outputs import FOLDER, OutputJournal

__all__ = ["FOLDER", "OutputJournal", "RunLock", "is_on_network"]
