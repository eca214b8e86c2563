"""What is known to have happened, on disk."""

from batch_transcriber.journal.database import Database
from batch_transcriber.journal.drive import is_on_network
from batch_transcriber.journal.entry import Entry
from batch_transcriber.journal.home import FOLDER, home_of, lists_of
from batch_transcriber.journal.journal import NAME, Journal
from batch_transcriber.journal.lock import RunLock
from batch_transcriber.journal.look import Look, look
from batch_transcriber.journal.onlooker import Onlooker
from batch_transcriber.journal.states import State

__all__ = [
    "FOLDER",
    "NAME",
    "Database",
    "Entry",
    "Journal",
    "Look",
    "Onlooker",
    "RunLock",
    "State",
    "home_of",
    "is_on_network",
    "lists_of",
    "look",
]
