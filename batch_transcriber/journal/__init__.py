"""What is known to have happened, on disk."""

from batch_transcriber.journal.drive import is_on_network
from batch_transcriber.journal.outputs import OutputJournal

__all__ = ["OutputJournal", "is_on_network"]
