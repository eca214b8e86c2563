"""What is seen: screens that follow a run's events, and the closing summary."""

from batch_transcriber.ui.screen import PatientConsole, Screen, open_screen
from batch_transcriber.ui.summary import summary_lines
from batch_transcriber.ui.words import printable

__all__ = ["PatientConsole", "Screen", "open_screen", "printable", "summary_lines"]
