"""The run: bounded stages in one task group, from sources to written texts."""

from batch_transcriber.engine.batch import transcribe_batch
from batch_transcriber.engine.report import BatchReport

__all__ = ["BatchReport", "transcribe_batch"]
