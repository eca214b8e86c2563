"""A transcript as text in a format that people read."""

from batch_transcriber.formats.txt import paragraphs_to_txt

__all__ = ["paragraphs_to_txt"]
