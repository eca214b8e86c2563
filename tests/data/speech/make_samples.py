#!/usr/bin/env python3
"""Make the sample recordings of this folder again, from the texts that lie beside them.

Usage::

    python tests/data/speech/make_samples.py [--only NAME] [--into FOLDER]

Every ``.txt`` file is spoken by eSpeak NG, one paragraph after the other with a silence between them, and
then encoded by ffmpeg in the format that its row in ``SAMPLES`` names. Both programs have to be installed
(Debian: ``apt-get install espeak-ng ffmpeg``); Python needs nothing besides its standard library.

The texts were written for this project and the voices are synthetic, so no one's words or voice are in here.
Voices, speeds and wording were chosen so that the small recogniser (whisper tiny.en) understands them well.
A word error rate on them therefore shows that the chain is intact, not how well it hears real people.
Another version of eSpeak NG or ffmpeg gives recordings that sound alike but differ in their bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import itertools
import pathlib
import shutil
import subprocess
import sys
import tempfile
import wave

HERE = pathlib.Path(__file__).resolve().parent

LEAD_SECONDS = 0.3
"""Silence before the first and after the last paragraph."""

PLAIN = ("-ar", "16000", "-c:a", "pcm_s16le")
MP3 = ("-ar", "16000", "-c:a", "libmp3lame", "-b:a", "16k")
AAC = ("-ar", "16000", "-c:a", "aac", "-b:a", "20k")
VORBIS = ("-ar", "16000", "-c:a", "libvorbis", "-b:a", "22k")
OPUS = ("-c:a", "libopus", "-b:a", "16k", "-application", "voip")
FLAC = ("-ar", "12000", "-sample_fmt", "s16", "-c:a", "flac", "-compression_level", "12")

PICTURE = "color=c=0x2f6b3a:s=160x120:r=2,drawbox=x=50:y=30:w=60:h=60:c=0xe8b4c0:t=fill"
"""What the film shows, as a source of ffmpeg's lavfi: a rose-coloured square on a green ground."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One recording: its file, its voice and its format."""

    name: str  # relative to this folder; the text has the same name with .txt
    voices: tuple[str, ...]  # espeak-ng -v; the paragraphs take them in turn
    speed: int  # espeak-ng -s, words a minute
    pitch: int  # espeak-ng -p, 0 to 99
    encoding: tuple[str, ...]  # ffmpeg's options for the sound
    pause: float = 2.5  # seconds of silence between two paragraphs
    picture: bool = False  # with a picture track


SAMPLES = (
    Sample("bakery interview.mp3", ("en-us+steph", "en-us+m1"), 140, 50, MP3),
    Sample("lecture-rivers.m4a", ("en-us+rob",), 150, 50, AAC),
    Sample("meeting-note.wav", ("en-us+f2",), 150, 50, PLAIN),
    Sample("witness statement.mp3", ("en-us+m1",), 140, 50, MP3),
    Sample("calls/2024-05-delivery.ogg", ("en-us",), 140, 50, VORBIS),
    Sample("calls/2024-06-plumber.opus", ("en-us+Gene",), 140, 50, OPUS),
    Sample("visits/garden-tour.mp4", ("en-us+steph",), 140, 50, AAC, picture=True),
    Sample("visits/museum-guide.flac", ("en-us+m8",), 140, 50, FLAC),
)


def paragraphs(text: str) -> list[str]:
    """Split a text at its empty lines."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def speak(paragraph: str, voice: str, sample: Sample) -> wave.Wave_read:
    """Have one paragraph spoken, as a WAV file in memory."""
    command = ["espeak-ng", "-v", voice, "-s", str(sample.speed), "-p", str(sample.pitch), "--stdin"]
    with tempfile.TemporaryDirectory() as folder:
        spoken = pathlib.Path(folder, "spoken.wav")
        subprocess.run([*command, "-w", str(spoken)], input=paragraph.encode(), check=True)
        return wave.open(io.BytesIO(spoken.read_bytes()), "rb")


def join(parts: list[wave.Wave_read], pause: float) -> bytes:
    """Join the spoken paragraphs, with ``pause`` seconds of silence between them, into one WAV file."""
    rate, width = parts[0].getframerate(), parts[0].getsampwidth()
    lead = bytes(int(LEAD_SECONDS * rate) * width)
    silence = bytes(int(pause * rate) * width)
    joined = io.BytesIO()
    with wave.open(joined, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(lead + silence.join(part.readframes(part.getnframes()) for part in parts) + lead)
    return joined.getvalue()


def encode(spoken: bytes, sample: Sample, target: pathlib.Path) -> None:
    """Write the spoken text to ``target`` in the sample's format, without metadata."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-i", "pipe:0"]
    if sample.picture:
        command += ["-f", "lavfi", "-i", PICTURE, "-map", "1:v", "-map", "0:a", "-shortest"]
        command += ["-c:v", "libx264", "-preset", "veryslow", "-crf", "40", "-pix_fmt", "yuv420p"]
    command += ["-ac", "1", *sample.encoding, "-map_metadata", "-1"]
    command += ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", str(target)]
    subprocess.run(command, input=spoken, check=True)


def make(sample: Sample, into: pathlib.Path) -> pathlib.Path:
    """Make one recording and return its path."""
    target = into / sample.name
    text = (HERE / sample.name).with_suffix(".txt").read_text(encoding="utf-8")
    turns = zip(paragraphs(text), itertools.cycle(sample.voices), strict=False)
    encode(join([speak(part, voice, sample) for part, voice in turns], sample.pause), sample, target)
    return target


def main() -> int:
    """Make all recordings, or those whose name contains the word after ``--only``."""
    parser = argparse.ArgumentParser(description="Make the sample recordings again.")
    parser.add_argument("--only", default="", metavar="NAME", help="only files whose name contains NAME")
    parser.add_argument("--into", type=pathlib.Path, default=HERE, help="a folder other than this one")
    options = parser.parse_args()
    missing = [program for program in ("espeak-ng", "ffmpeg") if shutil.which(program) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    for sample in SAMPLES:
        if options.only in sample.name:
            path = make(sample, options.into)
            print(f"{path.stat().st_size:>8} bytes  {sample.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
