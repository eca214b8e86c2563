"""What is seen: screens that follow a run's events, and the closing summary."""

from batch_transcriber.ui.screen import PatientConsole, Screens, choose_screens, open_screens
from batch_transcriber.ui.summary import Ending
from batch_transcriber.ui.telling import Verbosity
from batch_transcriber.ui.words import printable

__all__ = ["Ending", "PatientConsole", "Screens", "Verbosity", "choose_screens", "open_screens", "printable"]
