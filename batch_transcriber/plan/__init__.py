"""What is to be done: sources become jobs, each with the places of its files, lazily."""

from batch_transcriber.plan.jobs import Planned, find_jobs, find_recordings
from batch_transcriber.plan.request import Request
from batch_transcriber.plan.sources import Found

__all__ = ["Found", "Planned", "Request", "find_jobs", "find_recordings"]
