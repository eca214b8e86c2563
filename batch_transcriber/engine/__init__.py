"""The run: bounded stages in one task group, from sources to written texts."""

from batch_transcriber.engine.batch import transcribe_batch
from batch_transcriber.engine.foresee import foresee
from batch_transcriber.engine.report import BatchReport

__all__ = ["BatchReport", "foresee", "transcribe_batch"]
