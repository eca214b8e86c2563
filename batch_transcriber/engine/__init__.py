"""The run: bounded stages in one task group, from sources to written texts."""

from batch_transcriber.engine.batch import transcribe_batch
from batch_transcriber.engine.foresee import foresee
from batch_transcriber.engine.report import BatchReport
from batch_transcriber.engine.watch import watch_folders

__all__ = ["BatchReport", "foresee", "transcribe_batch", "watch_folders"]
