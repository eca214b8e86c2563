"""Markdown, read back by a parser of Markdown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from batch_transcriber.formats import Parts, Passage
from batch_transcriber.formats.md import to_text
from batch_transcriber.formats.turns import one_line, turns

PARSER = MarkdownIt("commonmark").enable(["strikethrough", "table"])
FACTS = Parts(
    name="call.mp3",
    recorded_on=date(2024, 5, 3),
    audio_duration_s=3723.4,
    speech_model_used="universal-2",
    language_code="en_us",
)
# NUL is no text in Markdown.
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(letters) | st.text("a_*`[]()<>&;#~\\! \n") | st.text(st.sampled_from("&amp; &#9; _*"))


def blocks(markdown: str) -> list[tuple[str, str]]:
    """Return the tag and the bare text of each block, and fail on markup that is none of ours."""
    read, tokens = [], PARSER.parse(markdown)
    for before, token in pairwise(tokens):
        if token.type == "inline":
            inner = token.children or []
            assert {piece.type for piece in inner} <= {"text", "strong_open", "strong_close"}
            read.append((before.tag, "".join(piece.content for piece in inner)))
    return read


def test_a_document_says_what_the_recording_is_and_when_each_paragraph_begins() -> None:
    paragraphs = (Passage("Hello.", 0, 900), Passage("Good bye.", 3_661_999, 3_663_000))
    assert to_text(replace(FACTS, paragraphs=paragraphs)) == (
        "# call.mp3\n\n"
        "- Date: 2024-05-03\n- Duration: 1:02:03\n- Model: universal-2\n- Language: en_us\n\n"
        "**[0:00:00]** Hello.\n\n**[1:01:01]** Good bye.\n"
    )


def test_speakers_are_named_where_they_begin() -> None:
    said = (Passage("Yes?", 0, 1, "A"), Passage("It is me.", 1000, 2, "B"), Passage("Me.", 2000, 3, "B"))
    assert to_text(Parts(name="a", paragraphs=said)) == (
        "# a\n\n**[0:00:00] Speaker A:** Yes?\n\n**[0:00:01] Speaker B:** It is me.\n\n**[0:00:02]** Me.\n"
    )


def test_what_the_service_does_not_tell_is_left_out() -> None:
    assert to_text(Parts(name="a", paragraphs=(Passage("Hello."),))) == "# a\n\nHello.\n"
    assert to_text(Parts(name="a", audio_duration_s=0)) == "# a\n\n- Duration: 0:00:00\n"


def test_what_reads_well_is_not_escaped() -> None:
    text = "It's 5 - 3, at 10:30 (AT&T, snake_case): 100% fun! #1"
    assert to_text(Parts(name="a", paragraphs=(Passage(text, 0),))) == f"# a\n\n**[0:00:00]** {text}\n"


@given(name=texts, said=texts, speaker=texts)
@example(name="_a_b_", said="__a__ a__b", speaker=" ")
@example(name="a\n# b #", said="[x](http://x) <b>*a* _b_ ~~c~~ `d` &amp; \\*", speaker="[A]*")
def test_names_and_words_are_never_markup(name: str, said: str, speaker: str) -> None:
    read = blocks(to_text(Parts(name=name, paragraphs=(Passage(said, 0, 1, speaker),))))
    title = one_line(name)
    expected = [("h1", title)]
    if said.strip():
        who = one_line(speaker)
        lead = "[0:00:00]" if not who else f"[0:00:00] {next(turns([Passage('x', speaker=who)]))[0]}:"
        expected.append(("p", f"{lead} {one_line(said)}"))
    assert [(tag, text.split()) for tag, text in read] == [(tag, text.split()) for tag, text in expected]
