"""What is known to have happened, on disk."""

from batch_transcriber.journal.outputs import OutputJournal

__all__ = ["OutputJournal"]
