"""Job lists for property tests: whatever the schema allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from batch_transcriber.plan.lists.form import json_schema
from batch_transcriber.plan.parameters.check import check_together

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FORMATS = ("txt", "srt", "json")
SCHEMA = json_schema(FORMATS)
# What YAML reads as something else, or stumbles over, unless it is quoted.
TRICKY = """
    no Yes on OFF null ~ 2024 010 1e5 1.5 .5 1_000 1:30 0x1f 2024-05-01 2024-05-01T10:00:00Z .inf = << -1
    true y a:b #a a#b *a &a !a %a @a `a {a [a ]a , - ? | > ' " '' \\ é 日本 😀
""".split()  # noqa: SIM905 - a table of words
texts = st.one_of(
    st.sampled_from([*TRICKY, "a: b", "- a", "a #b", " a", "a ", "a\nb", "\ta", "a" * 300]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
).filter(lambda text: bool(text.strip()))
words = st.text("abcXYZ-", min_size=1, max_size=10)
# Those that the schema alone does not describe.
SPECIAL: dict[str, SearchStrategy[Any]] = {
    "speech_models": st.lists(st.sampled_from(["universal-2", "universal-3-pro", "brand-new-4"]), min_size=1),
    "model": st.sampled_from(["universal-2", ["universal-3-pro", "universal-2"]]),
    "to": words,
    "webhook_url": words.map("https://example.org/{}".format),
    "webhook_auth_header_name": words,
    "webhook_auth_header_value": words,
    "keyterms_prompt": st.lists(words, min_size=1, max_size=5),
}
names = st.text("abcé Ü.-_", min_size=1, max_size=12).filter(lambda name: bool(name.strip(". ")))
sources = st.one_of(
    texts.filter(lambda text: "://" not in text),
    words.map("https://example.org/{}.mp3".format),
)


def values(shape: dict[str, Any], name: str = "") -> SearchStrategy[Any]:
    """Return a strategy for values of a shape."""
    if name in SPECIAL:
        return SPECIAL[name]
    if "$ref" in shape:
        return st.deferred(lambda: values(SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]]))
    if "anyOf" in shape:
        return st.one_of([values(one) for one in shape["anyOf"]])
    if "enum" in shape or "const" in shape:
        return st.sampled_from(shape.get("enum") or [shape["const"]])
    match shape.get("type"):
        case "object":
            return mappings(shape)
        case "array":
            return st.lists(values(shape["items"]), min_size=shape.get("minItems", 0), max_size=4)
        case "boolean" | "null" as kind:
            return st.booleans() if kind == "boolean" else st.none()
        case "integer":
            return st.integers(shape.get("minimum", 0), shape.get("maximum", 10**9))
        case "number":
            # Of exponents without a dot, such as 1e-05, the versions of YAML have different opinions.
            return st.integers(0, 1000).map(lambda number: number / 1000) | st.integers(0, 1)
        case _:
            return texts.map(lambda text: text[: shape.get("maxLength")])


def mappings(shape: dict[str, Any], *, without: tuple[str, ...] = ()) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for mappings of a shape, with any of the keys that it may have."""
    keys = {
        name: values(key, name) for name, key in shape.get("properties", {}).items() if name not in without
    }
    needed = {name: keys.pop(name) for name in shape.get("required", ()) if name in keys}
    if not keys and not needed:
        return st.dictionaries(words, values(shape["additionalProperties"]), max_size=3)
    # Few of the many keys at a time, or hardly any list would be without a refused combination.
    few = st.lists(st.sampled_from(sorted(keys)), unique=True, max_size=5) if keys else st.just([])
    return few.flatmap(lambda some: st.fixed_dictionaries(needed | {name: keys[name] for name in some}))


def are_accepted_together(options: dict[str, Any] | None) -> bool:
    return not check_together(options or {})


options = mappings(SCHEMA["$defs"]["ApiParameters"]).filter(are_accepted_together)
formats = st.lists(st.sampled_from(FORMATS), min_size=1, unique=True)


@st.composite
def valid_lists(draw: st.DrawFn, *, shorthands: bool = True) -> dict[str, Any]:
    """Draw a list without mistakes, all the keys of which may be there or not."""
    jobs: list[Any] = []
    for number in range(draw(st.integers(1, 4))):
        source = draw(sources)
        job: dict[str, Any] = {"source": source}
        if draw(st.booleans()):
            end = draw(st.sampled_from(["", "/", ".txt"]))
            job["output"] = f"{draw(names).strip()}{number}{end}"
        if draw(st.booleans()):
            job["formats"] = draw(formats)
        if draw(st.booleans()):
            job["options"] = draw(options)
        if shorthands and not job.get("options") and draw(st.booleans()):
            job["language"] = draw(st.sampled_from(["auto", "de", "no", "en_uk"]))
            job["speakers"] = draw(st.integers(1, 9))
            job["model"] = draw(SPECIAL["model"])
        jobs.append(source if len(job) == 1 and draw(st.booleans()) else job)
    drawn: dict[str, Any] = {"version": 1}
    if draw(st.booleans()):
        drawn["defaults"] = {"formats": draw(formats)}
        if shorthands:
            drawn["defaults"] |= {"speakers": draw(st.integers(1, 9)), "options": {"punctuate": True}}
    drawn["jobs"] = jobs
    return drawn
