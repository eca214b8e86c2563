"""What is to be done: sources become jobs, each with the places of its files, lazily."""

from batch_transcriber.plan.filters import Filters
from batch_transcriber.plan.found import Found
from batch_transcriber.plan.jobs import Planned, find_jobs, find_recordings

__all__ = ["Filters", "Found", "Planned", "find_jobs", "find_recordings"]
