"""The wire: every call of the API that a run needs, its replies, its errors and its pace."""

from batch_transcriber.client.client import TranscriptionClient
from batch_transcriber.client.failures import Verdict, describe_transcript_error, judge_transcript
from batch_transcriber.client.look import Look, look_at
from batch_transcriber.client.recording import check_size, why_not_uploaded
from batch_transcriber.client.replies import (
    Paragraph,
    Paragraphs,
    Sentences,
    Transcript,
    TranscriptItem,
    TranscriptPage,
    Utterance,
    WholeTranscript,
)
from batch_transcriber.client.retry import retried

__all__ = [
    "Look",
    "Paragraph",
    "Paragraphs",
    "Sentences",
    "Transcript",
    "TranscriptItem",
    "TranscriptPage",
    "TranscriptionClient",
    "Utterance",
    "Verdict",
    "WholeTranscript",
    "check_size",
    "describe_transcript_error",
    "judge_transcript",
    "look_at",
    "retried",
    "why_not_uploaded",
]
