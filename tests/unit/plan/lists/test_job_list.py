"""Job lists: what they mean, and one clear line for whatever is wrong with one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from batch_transcriber.errors import ExitCode, FatalError
from batch_transcriber.plan.lists.entries import OUTSIDE
from batch_transcriber.plan.lists.file import SIZE_MAX_BYTES
from batch_transcriber.plan.lists.job_list import JobList, read_job_list
from batch_transcriber.plan.mistakes import LINES_MAX, MISTAKES_MAX, MistakesError

if TYPE_CHECKING:
    from pathlib import Path

    from batch_transcriber.plan.lists.entries import Entry

FORMATS = ("txt", "srt", "vtt", "json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.yaml"


def read(path: Path, text: str | bytes, **more: Any) -> JobList:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_job_list(path, formats=FORMATS, **more)


def jobs(path: Path, text: str, **more: Any) -> list[Entry]:
    return list(read(path, f"version: 1\njobs:\n{text}\n", **more).entries)


def mistakes(path: Path, text: str | bytes, **more: Any) -> list[str]:
    """Return the mistakes as lines, without the name of the list."""
    with pytest.raises(MistakesError) as caught:
        read(path, text, **more)
    assert caught.value.exit_code == ExitCode.USAGE
    lines = [str(mistake) for mistake in caught.value.mistakes]
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def test_a_source_is_relative_to_the_list_and_an_address_is_not(path: Path) -> None:
    here = path.parent
    entries = jobs(path, "  - talk.mp3\n  - source: calls/\n  - ../x/*.wav\n  - /abs/a\n  - HTTPS://h/a?b#c")
    assert [entry.source for entry in entries] == [
        f"{here}/talk.mp3",
        f"{here}/calls/",
        f"{here}/../x/*.wav",
        "/abs/a",
        "HTTPS://h/a?b#c",
    ]
    assert {(entry.output, entry.is_folder, entry.formats) for entry in entries} == {(None, False, None)}


def test_a_list_named_by_a_relative_path_gives_absolute_sources(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("version: 1\njobs: [a.mp3]\n")
    monkeypatch.chdir(path.parent)
    (entry,) = read_job_list(path.relative_to(path.parent), formats=FORMATS).entries
    assert entry.source == os.path.realpath(path.parent / "a.mp3")


def test_a_pattern_stays_one_in_a_folder_that_looks_like_one(tmp_path: Path) -> None:
    folder = tmp_path / "calls [2024]"
    folder.mkdir()
    (folder / "a [1].mp3").touch()
    pattern, there, gone = jobs(folder / "jobs.yaml", "  - '*.mp3'\n  - a [1].mp3\n  - plain.mp3")
    assert pattern.source == f"{tmp_path}/calls [[]2024]/*.mp3"
    assert there.source == f"{folder}/a [1].mp3"
    assert gone.source == f"{folder}/plain.mp3"


def test_nothing_of_the_environment_gets_into_a_list(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "talk")
    (entry,) = jobs(path, "  - source: $NAME/~/${NAME}.mp3\n    options: {prompt: $NAME}")
    assert entry.source == f"{path.parent}/$NAME/~/${{NAME}}.mp3"
    assert entry.parameters == {"prompt": "$NAME"}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("a", ("a", False)),
        ("a/b", ("a/b", False)),
        ("a/", ("a", True)),
        ("./", (".", True)),
        ("a/../b", ("b", False)),
        ("a//./b/", ("a/b", True)),
        ("talk.txt", ("talk", False)),
        ("talk.mp3.srt", ("talk.mp3", False)),
        ("talk.mp3", ("talk.mp3", False)),
        ("v1.0", ("v1.0", False)),
        ("a.txt/", ("a.txt", True)),
        (".txt", (".txt", False)),
        ("a/.txt", ("a/.txt", False)),
    ],
)
def test_an_output_is_a_folder_with_a_slash_at_its_end_and_else_a_file(
    path: Path, output: str, expected: tuple[str, bool]
) -> None:
    (entry,) = jobs(path, f"  - {{source: a, output: {output}}}")
    assert (entry.output, entry.is_folder) == expected


@pytest.mark.parametrize("output", ["/etc/x", "../x", "a/../../x", "..", "../", "/"])
def test_an_output_outside_is_refused_unless_it_is_allowed(path: Path, output: str) -> None:
    text = f"version: 1\njobs:\n  - source: a\n    output: {output}\n"
    assert mistakes(path, text) == [f"4:13: jobs[0].output: {output!r} {OUTSIDE}"]
    (entry,) = read(path, text, allow_outside=True).entries
    assert entry.output == os.path.normpath(output)


def test_a_job_says_more_than_the_defaults(path: Path) -> None:
    text = """
version: 1
defaults:
  language: de
  speakers: 2
  formats: [srt]
  options: {punctuate: false, prompt: a}
jobs:
  - plain
  - {source: b, language: auto, formats: [txt, json, txt], options: {prompt: null, temperature: 0}}
  - {source: c, speakers: null, model: universal-2}
"""
    found = read(path, text)
    assert found.formats == ("srt",)
    plain, auto, alone = found.entries
    everywhere = {"speaker_labels": True, "speakers_expected": 2, "punctuate": False}
    assert plain.formats is None
    assert plain.parameters == everywhere | {"language_code": "de", "prompt": "a"}
    assert auto.formats == ("txt", "json")
    assert auto.parameters == everywhere | {"language_detection": True, "temperature": 0}
    assert alone.parameters == {
        "language_code": "de",
        "punctuate": False,
        "prompt": "a",
        "speech_models": ["universal-2"],
    }


def test_what_is_above_beats_the_defaults_and_no_job_and_what_is_below_gives_way(path: Path) -> None:
    text = "version: 1\ndefaults: {language: de}\njobs: [a, {source: b, language: fr}]\n"
    below = {"speech_models": ["universal-2"], "language_code": "it", "punctuate": False}
    first, second = read(path, text, below=below, above={"language_code": "en"}).entries
    assert first.parameters == {"speech_models": ["universal-2"], "language_code": "en", "punctuate": False}
    assert second.parameters == dict(first.parameters) | {"language_code": "fr"}


def test_a_combination_with_what_is_below_is_refused_too(path: Path) -> None:
    text = "version: 1\njobs:\n  - a\n  - {source: b, options: {word_boost: [c]}}\n"
    assert mistakes(path, text, below={"speech_models": ["universal-3-pro"]}) == [
        "4:39: jobs[1].options.word_boost: universal-3-pro does not take it; use keyterms_prompt instead"
    ]


def test_jobs_that_say_the_same_share_it(path: Path) -> None:
    text = "".join(
        f"  - {{source: a{n}, language: {('de', 'fr')[n % 2]}, formats: [txt, srt]}}\n" for n in range(10)
    )
    entries = jobs(path, text)
    assert len({id(entry.parameters) for entry in entries}) == 2
    assert len({id(entry.formats) for entry in entries}) == 1


def test_anchors_and_aliases_are_read(path: Path) -> None:
    first, second, third = jobs(
        path, "  - {source: &s a, options: &o {prompt: p}}\n  - {source: b, options: *o}\n  - *s"
    )
    assert first.parameters == second.parameters == {"prompt": "p"}
    assert third.source == first.source


def test_json_is_a_list_as_well_and_so_is_one_with_a_mark_of_its_encoding(path: Path) -> None:
    for text in ('{"version": 1, "jobs": [{"source": "a"}]}', "\ufeffversion: 1\r\njobs:\r\n- a\r\n"):
        (entry,) = read(path, text).entries
        assert entry.source == f"{path.parent}/a"


def test_the_parser_without_libyaml_reads_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "version: 1\ndefaults: {language: de}\njobs:\n- 'é'\n- source: b\n  options: {prompt: no way}\n"
    expected = read(path, text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert read(path, text) == expected
    assert mistakes(path, "version: 1\njobs:\n\t- a\n") == ["3:1: a tab indents this line; use spaces"]
    assert mistakes(path, "version: 1\njobs: [a]\x01") == [
        "2:10: a character that YAML does not allow; remove it"
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "\ufeff"])
def test_an_empty_list_is_told(path: Path, text: str) -> None:
    assert mistakes(path, text) == ["1:1: the list is empty; it needs version: 1 and jobs:"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 1\n", "1:1: jobs is missing; it holds a list of sources"),
        ("jobs: [a]\n", "1:1: version is missing; begin the list with version: 1"),
        ("version: 1\njobs: []\n", "2:7: jobs: there are none; name a source at least"),
        ("version: 1\njobs:\n", "2:6: jobs: there are none; name a source at least"),
        (
            "version: 1\njobs: {source: a}\n",
            "2:7: jobs: must be a list, each with a - before it; it is a mapping",
        ),
        ("version: 1\njobs: a\n", "2:7: jobs: must be a list, each with a - before it; it is 'a'"),
        (
            "version: 2\njobs: [a]\n",
            "1:10: version: must be 1, the only form of a list so far; it is 2",
        ),
        (
            "version: '1'\njobs: [a]\n",
            "1:10: version: must be 1, the only form of a list so far; it is '1'",
        ),
        (
            "version: true\njobs: [a]\n",
            "1:10: version: must be 1, the only form of a list so far; it is true",
        ),
        ("- a.mp3\n", "1:1: no job list: a list stands here; write version: 1 and jobs: above it"),
        (
            "a.mp3\n",
            "1:1: no job list: 'a.mp3' stands here; write version: 1 and jobs: and its sources below that",
        ),
        ("version: 1\njbos: []\njobs: [a]\n", "2:1: jbos: no such key; did you mean 'jobs'?"),
        ("version: 1\nx: 1\njobs: [a]\n", "2:1: x: no such key; a list has version, defaults, jobs"),
        ("version: 1\njobs: [a]\njobs: [b]\n", "3:1: jobs: stands there twice; remove one"),
        ("version: 1\njobs: [a]\ndefaults: {}\n", "3:1: defaults: must stand before jobs; move it up"),
        (
            "version: 1\ndefaults: [a]\njobs: [a]\n",
            "2:11: defaults: must be a mapping; it is a list",
        ),
        (
            "version: 1\njobs: [a]\n---\nversion: 1\n",
            "3:1: a second document begins here; a list is one, so remove the ---",
        ),
        ("version: 1\njobs:\n\t- a\n", "3:1: a tab indents this line; use spaces"),
        (
            "version: 1\njobs:\n  - source: a: b\n",
            "3:14: a colon where none can be; quote a text that holds one, and check the indentation",
        ),
        ("version: 1\njobs: [a]\x01\n", "2:10: a character that YAML does not allow; remove it"),
        (
            "version: 1\njobs: !!python/object:os.system [a]\n",
            "2:7: the tag 'tag:yaml.org,2002:python/object:os.sys… is not read; write the value without it",
        ),
        (
            "version: 1\njobs: [!!str 5]\n",
            "2:8: the tag 'tag:yaml.org,2002:str' is not read; write the value without it",
        ),
        ("version: 1\njobs: [*x]\n", "2:8: *x stands for nothing: no &x ends before it"),
        ("version: 1\njobs: &x [*x]\n", "2:11: *x stands for nothing: no &x ends before it"),
        (
            "version: 1\njobs:\n- {source: a, options: &o {topics: [*o]}}\n",
            "3:37: *o stands for nothing: no &o ends before it",
        ),
        (
            "yes: 1\nversion: 1\njobs: [a]\n",
            "1:1: yes: YAML reads the name yes as true; quote it if it is meant",
        ),
        (
            "1: 1\nversion: 1\njobs: [a]\n",
            "1:1: '1': YAML reads the name 1 as a number; quote it if it is meant",
        ),
        (
            "version: 1\njobs:\n- source: a\n  null: b\n",
            "4:3: jobs[0].null: YAML reads the name null as null; quote it if it is meant",
        ),
        (
            "version: 1\n? \n: b\njobs: [a]\n",
            "2:2: '': a name is missing before the colon",
        ),
        ("? [a]\n: b\n", "1:3: a name must be a word, not a list, a mapping or an alias"),
        (
            "version: 1\njobs:\n- &a {source: x}\n- <<: *a\n  source: y\n",
            (
                "4:3: jobs[1].'<<': << is not read; put what jobs share into defaults, or name it: "
                "options: *anchor"
            ),
        ),
        (f"version: 1\njobs: {'[' * 60}{']' * 60}\n", "2:58: more than 50 levels deep; flatten it"),
        (f"version: 1\njobs: {'[' * 100_000}\n", "2:58: more than 50 levels deep; flatten it"),
        (f"version: 1\njobs: {'{a: ' * 100_000}\n", "2:207: more than 50 levels deep; flatten it"),
        (b"version: 1\njobs: [\xc3\xa9 \xff]\n", "2:10: not UTF-8 (byte 0xff); save the list as UTF-8"),
        ("version: 1\n".encode("utf-16"), "1:1: not UTF-8 (UTF-16); save the list as UTF-8"),
    ],
)
def test_what_is_no_job_list_is_told_in_one_line(path: Path, text: str | bytes, line: str) -> None:
    assert mistakes(path, text) == [line]


@pytest.mark.parametrize(
    ("job", "line"),
    [
        ("no", "3:3: jobs[0]: YAML reads no as false; quote it: 'no'"),
        ("2024", "3:3: jobs[0]: YAML reads 2024 as a number; quote it: '2024'"),
        ("", "3:2: jobs[0]: must be text; nothing stands here"),
        ("''", "3:3: jobs[0]: must not be empty"),
        ('" "', "3:3: jobs[0]: ' ' cannot be the name of a file"),
        ('"a\\0"', "3:3: jobs[0]: 'a\\x00' cannot be the name of a file"),
        ("[a]", "3:3: jobs[0]: must be a source, or a mapping with one; it is a list"),
        ("{}", "3:3: jobs[0]: source is missing"),
        ("{source: 2024}", "3:12: jobs[0].source: YAML reads 2024 as a number; quote it: '2024'"),
        ("{source: 3.14}", "3:12: jobs[0].source: YAML reads 3.14 as a number; quote it: '3.14'"),
        ("{source: [a]}", "3:12: jobs[0].source: must be text; it is a list"),
        (
            "ftp://h/a",
            (
                "3:3: jobs[0]: 'ftp://h/a': only http and https addresses can be fetched, "
                "and those in a bucket; copy it to this machine"
            ),
        ),
        ("{source: a, sorce: b}", "3:15: jobs[0].sorce: no such key; did you mean 'source'?"),
        ("{file: b}", "3:3: jobs[0]: source is missing"),
        ("{source: a, language: no}", "3:25: jobs[0].language: YAML reads no as false; quote it: 'no'"),
        ("{source: a, language: NO}", "3:25: jobs[0].language: YAML reads NO as false; quote it: 'NO'"),
        (
            "{source: a, language: enn}",
            "3:25: jobs[0].language: 'enn' is no language code; did you mean 'en'?",
        ),
        ("{source: a, speakers: two}", "3:25: jobs[0].speakers: must be a whole number; it is 'two'"),
        ("{source: a, speakers: 0}", "3:25: jobs[0].speakers: must be 1 or more; it is 0"),
        ("{source: a, model: [5]}", "3:23: jobs[0].model[0]: YAML reads 5 as a number; quote it: '5'"),
        ("{source: a, formats: txt}", "3:24: jobs[0].formats: must be a list; it is 'txt'"),
        ("{source: a, formats: []}", "3:24: jobs[0].formats: must not be empty"),
        (
            "{source: a, formats: [txt, str]}",
            (
                "3:30: jobs[0].formats[1]: 'str' is no format; there are txt, srt, vtt, json; "
                "did you mean 'srt'?"
            ),
        ),
        ("{source: a, formats: [on]}", "3:25: jobs[0].formats[0]: YAML reads on as true; quote it: 'on'"),
        ("{source: a, output: .}", "3:23: jobs[0].output: '.' is a folder; end it with a /"),
        ("{source: a, output: ''}", "3:23: jobs[0].output: must not be empty"),
        ('{source: a, output: "a\\0"}', "3:23: jobs[0].output: 'a\\x00' cannot be the name of a file"),
        ("{source: a, options: [b]}", "3:24: jobs[0].options: must be a mapping; it is a list"),
        (
            "{source: a, options: {language_code: enn}}",
            "3:40: jobs[0].options.language_code: 'enn' is no language code; did you mean 'en'?",
        ),
        (
            "{source: a, options: {language: en}}",
            "3:25: jobs[0].options.language: no such parameter; did you mean 'language_code'?",
        ),
        (
            "{source: a, language_code: en}",
            "3:15: jobs[0].language_code: no such key; did you mean 'language'?",
        ),
        (
            "{source: a, options: {audio_start_from: 1:30}}",
            "3:43: jobs[0].options.audio_start_from: must be a whole number; it is '1:30'",
        ),
        (
            "{source: a, options: {audio_start_from: 010}}",
            "3:43: jobs[0].options.audio_start_from: must be a whole number; it is '010'",
        ),
        (
            "{source: a, options: {temperature: .inf}}",
            "3:38: jobs[0].options.temperature: must be a number; it is '.inf'",
        ),
        (
            "{source: a, options: {speaker_options: {min: 1}}}",
            "3:43: jobs[0].options.speaker_options.min: no such parameter",
        ),
        (
            "{source: a, options: {custom_spelling: [{from: [no], to: b}]}}",
            "3:51: jobs[0].options.custom_spelling[0].from[0]: YAML reads no as false; quote it: 'no'",
        ),
        (
            "{source: a, options: {webhook_auth_header_value: 31415}}",
            "3:52: jobs[0].options.webhook_auth_header_value: must be text",
        ),
        (
            "{source: a, language: de, options: {language_code: fr}}",
            "3:25: jobs[0].language: options.language_code says something else; leave one of them out",
        ),
        (
            "{source: a, language: de, options: {language_detection: true}}",
            "3:25: jobs[0].language: a language cannot be named and detected at once; leave one of them out",
        ),
        (
            "{source: a, options: {prompt: b, keyterms_prompt: [c]}}",
            (
                "3:33: jobs[0].options.prompt: the service takes prompt or keyterms_prompt, not both; "
                "leave one of them out"
            ),
        ),
        ("{source: a, language: de, language: fr}", "3:29: jobs[0].language: stands there twice; remove one"),
        (
            "{source: a, options: {prompt: b, prompt: c}}",
            "3:36: jobs[0].options.prompt: stands there twice; remove one",
        ),
    ],
)
def test_a_wrong_job_is_told_with_its_place_and_what_was_meant(path: Path, job: str, line: str) -> None:
    found = mistakes(path, f"version: 1\njobs:\n- {job}\n")
    assert line in found
    assert len(found) == 1 or job == "{file: b}"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_list(path: Path) -> None:
    text = """version: 2
defaults:
  languag: de
  options: {redact_pii_policies: [name], temperature: 3}
jobs:
  - source: a
    options:
      language_code: enn
      punctuate: 1
    speakers: two
    output: ../x
  - 5
extra: 1
"""
    assert [line.partition(": ")[0] for line in mistakes(path, text)] == [
        "1:10",
        "3:3",
        "4:35",
        "4:55",
        "8:22",
        "9:18",
        "10:15",
        "11:13",
        "12:5",
        "13:1",
    ]


def test_columns_count_characters(path: Path) -> None:
    assert mistakes(path, "version: 1\njobs: [é😀, {source: ü, x: 1}]\n") == ["2:24: jobs[1].x: no such key"]


def test_a_mistake_behind_an_alias_is_told_where_the_alias_stands(path: Path) -> None:
    text = "version: 1\njobs:\n- &a {source: x, speakers: 0}\n- *a\n"
    assert mistakes(path, text) == [
        "3:28: jobs[0].speakers: must be 1 or more; it is 0",
        "4:3: jobs[1].speakers: must be 1 or more; it is 0",
    ]


def test_what_is_wrong_with_the_defaults_alone_is_told_once_and_only_if_a_job_gets_it(path: Path) -> None:
    text = "version: 1\ndefaults: {options: {redact_pii: true}}\njobs:\n"
    inherits = "  - a\n  - {source: b, speakers: 2}\n"
    mends = "  - {source: c, options: {redact_pii_policies: [date]}}\n"
    assert mistakes(path, text + inherits + mends) == [
        (
            "2:1: defaults: redact_pii needs redact_pii_policies, the kinds of data to take out, "
            "such as [person_name, phone_number]"
        )
    ]
    assert len(read(path, text + mends).entries) == 1


def test_a_job_that_breaks_what_the_defaults_say_is_told(path: Path) -> None:
    text = (
        "version: 1\n"
        "defaults: {options: {redact_pii: true, redact_pii_policies: [date], summarization: true}}\n"
        "jobs:\n"
        "  - {source: a, options: {redact_pii_policies: null}}\n"
        "  - {source: a, options: {punctuate: false}}\n"
    )
    assert mistakes(path, text) == [
        (
            "4:48: jobs[0].options.redact_pii_policies: redact_pii: needs redact_pii_policies, "
            "the kinds of data to take out, such as [person_name, phone_number]"
        ),
        "5:38: jobs[1].options.punctuate: summarization: needs punctuate, which is switched off",
    ]


@pytest.mark.parametrize("second", ["x", "X", "x.txt", "./x", "a/../x", "X.srt"])
def test_two_jobs_of_one_file_are_a_mistake(path: Path, second: str) -> None:
    text = f"version: 1\njobs:\n- {{source: a, output: x}}\n- {{source: b, output: {second}}}\n"
    (line,) = mistakes(path, text)
    assert line.startswith("4:23: jobs[1].output: ")
    assert line.endswith(" is the file of jobs[0] too; give it another name")


def test_two_forms_of_one_letter_are_one_name(path: Path) -> None:
    assert mistakes(
        path,
        "version: 1\njobs:\n- {source: a, output: é}\n- {source: b, output: 'É'}\n".replace("É", "E\u0301"),
    )


def test_jobs_whose_texts_only_go_into_one_folder_are_none(path: Path) -> None:
    (path.parent / "calls").mkdir()
    entries = jobs(
        path,
        "  - {source: calls, output: x}\n  - {source: '*.mp3', output: x}\n"
        "  - {source: c, output: x/}\n  - {source: d, output: x/}\n  - {source: e, output: x}",
    )
    assert len(entries) == 5


def test_unknown_parameters_pass_where_they_are_allowed_and_unknown_keys_do_not(path: Path) -> None:
    text = "version: 1\njobs:\n- {source: a, language: tlh, options: {brand_new: {a: 1}}}\n"
    assert len(mistakes(path, text)) == 2
    (entry,) = read(path, text, allow_unknown_options=True).entries
    assert entry.parameters == {"language_code": "tlh", "brand_new": {"a": 1}}
    wrong = text.replace("source: a", "source: a, langage: de").replace("{a: 1}", "1, speech_model: best")
    assert [line.split(": ")[1] for line in mistakes(path, wrong, allow_unknown_options=True)] == [
        "jobs[0].langage",
        "jobs[0].options.speech_model",
    ]


def test_keys_without_a_value_say_nothing(path: Path) -> None:
    text = "version: 1\ndefaults:\njobs:\n- source: a\n  options:\n  formats:\n  output:\n  model:\n"
    (entry,) = read(path, text).entries
    assert (entry.output, entry.formats, entry.parameters) == (None, None, {})


def test_a_billion_laughs_are_cut_short(path: Path) -> None:
    laughs = ["version: 1", "jobs:", "- source: a", "  options:", "    a: &a [x, x, x, x, x, x, x, x, x]"]
    laughs += [
        f"    {name}: &{name} [{', '.join([f'*{below}'] * 9)}]"
        for below, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (line,) = mistakes(path, "\n".join(laughs), allow_unknown_options=True)
    assert line == "11:36: aliases such as *f stand for too much; write out what is needed"


def test_aliases_that_grow_deeper_and_deeper_are_cut_short(path: Path) -> None:
    steps = "".join(f"    k{n}: &k{n} [*k{n - 1}]\n" for n in range(1, 60))
    text = f"version: 1\njobs:\n- source: a\n  options:\n    k0: &k0 [x]\n{steps}"
    (line,) = mistakes(path, text, allow_unknown_options=True)
    assert line.endswith(" stand for too much; write out what is needed")


def test_of_many_mistakes_the_first_are_printed_and_the_others_counted(path: Path) -> None:
    def error_of(count: int) -> MistakesError:
        text = "version: 1\njobs:\n" + "- 5\n" * count
        with pytest.raises(MistakesError) as caught:
            read(path, text)
        return caught.value

    some = error_of(LINES_MAX + 311).details
    assert len(some) == LINES_MAX + 1
    assert some[-1] == "and 311 more"
    assert len(error_of(LINES_MAX).details) == LINES_MAX
    too_many = error_of(MISTAKES_MAX + 1000)
    assert len(too_many.mistakes) == MISTAKES_MAX
    assert too_many.details[-1] == "and 980 more at least: the list is read no further"


def test_what_cannot_be_read_is_one_line(path: Path) -> None:
    def line_of(path: Path) -> str:
        with pytest.raises(FatalError) as caught:
            read_job_list(path, formats=FORMATS)
        assert caught.value.exit_code == ExitCode.USAGE
        return str(caught.value).removeprefix(f"{path}: ")

    assert line_of(path) == "no such file; check the name of the job list"
    assert line_of(path.parent) == "a folder, not a job list; name it as a source, without -j"
    assert line_of(path / "x\0") == "the job list cannot be read: embedded null byte"
    with path.open("wb") as file:
        file.truncate(SIZE_MAX_BYTES + 1)
    assert line_of(path) == "more than 200 MB are no job list; split it, or name a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_list_is_one_line(path: Path) -> None:
    path.touch(mode=0)
    with pytest.raises(FatalError, match=r"the job list cannot be read: Permission denied"):
        read_job_list(path, formats=FORMATS)
