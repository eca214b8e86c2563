"""The same API on your own machine: what the service does with a recording, done by a recogniser here.

Nothing heavy is imported until a recogniser is loaded; the real one is in
`batch_transcriber.server.whisper`.
"""

from batch_transcriber.server.recogniser import Heard, NotAudioError, Recogniser, Wanted
from batch_transcriber.server.service import LocalService

__all__ = ["Heard", "LocalService", "NotAudioError", "Recogniser", "Wanted"]
