"""Every parameter of `POST /v2/transcript` but the recording, with types and bounds.

The docstring of each is what editors show for it. A null means: leave it to the service.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, with_config
from typing_extensions import TypedDict  # as in `parameter_parts`

from batch_transcriber.plan.parameters.parts import (
    STRICT,
    Fraction,
    KeytermsPromptOptions,
    LanguageDetectionOptions,
    Milliseconds,
    Models,
    People,
    PiiPolicy,
    RedactPiiAudioOptions,
    Some,
    SpeakerOptions,
    SpeechUnderstanding,
    Spelling,
    Text,
)
from batch_transcriber.plan.parameters.words import (
    HeaderName,
    HeaderValue,
    LanguageCode,
    WebAddress,
    words_max,
)

Keyterm: TypeAlias = Annotated[Text, AfterValidator(words_max(6))]


@with_config(STRICT)
class ApiParameters(TypedDict, total=False):
    """Parameters of the API, by its own names. What is not said is left to the service."""

    speech_models: Models | None
    """Models in order of priority: the first that knows the language is used."""
    language_code: LanguageCode | None
    """The language that is spoken."""
    language_codes: Some[LanguageCode] | None
    """Two languages between which speakers switch; one of them is en."""
    language_detection: bool | None
    """Let the service find out which language is spoken; wants 15 seconds of speech."""
    language_confidence_threshold: Fraction | None
    """A recording whose language is less certain than this fails."""
    language_detection_options: LanguageDetectionOptions | None
    """How the language is detected."""
    prompt: Annotated[Text, AfterValidator(words_max(1500))] | None
    """What the recording is about, in 1,500 words at most. Not together with keyterms_prompt."""
    temperature: Fraction | None
    """How freely the model guesses."""
    remove_audio_tags: Literal["all"] | None
    """all leaves out tags such as [MUSIC]."""
    domain: Text | None
    """A field whose words are common, such as medical-v1."""

    audio_start_from: Milliseconds | None
    """Where to begin, in milliseconds."""
    audio_end_at: Annotated[int, Field(ge=1)] | None
    """Where to end, in milliseconds."""
    speech_threshold: Fraction | None
    """A recording with a smaller part of speech fails."""

    punctuate: bool | None
    """Write punctuation; true where it is not said."""
    format_text: bool | None
    """Write numbers, dates and capitals as people do; true where it is not said."""
    disfluencies: bool | None
    """Keep umm and uh."""
    filter_profanity: bool | None
    """Put asterisks for swear words."""
    custom_spelling: list[Spelling] | None
    """Words that are to be written in another way."""

    speaker_labels: bool | None
    """Tell speakers apart."""
    speakers_expected: People | None
    """Exactly how many speakers there are."""
    speaker_options: SpeakerOptions | None
    """How many speakers there may be, where that is not certain."""
    multichannel: bool | None
    """Transcribe each channel by itself; takes a quarter longer."""
    dual_channel: bool | None
    """The older form of multichannel."""

    keyterms_prompt: Annotated[list[Keyterm], Field(min_length=1, max_length=1000)] | None
    """Names and terms to listen for: up to 1,000 of six words at most. Not together with prompt."""
    keyterms_prompt_options: KeytermsPromptOptions | None
    """How these terms are listened for."""
    word_boost: list[Text] | None
    """The older form of keyterms_prompt; newer models refuse it."""
    boost_param: Literal["low", "default", "high"] | None
    """How much the words of word_boost weigh."""

    auto_highlights: bool | None
    """Find key phrases."""
    content_safety: bool | None
    """Label sensitive content."""
    content_safety_confidence: Annotated[int, Field(ge=25, le=100)] | None
    """Label what is at least so certain, in percent; 50 where it is not said."""
    entity_detection: bool | None
    """Find names, places, dates and the like."""
    iab_categories: bool | None
    """Find the topics."""
    sentiment_analysis: bool | None
    """Tell how each sentence is meant."""
    speech_understanding: SpeechUnderstanding | None
    """Translate, name the speakers, or format by a pattern."""
    auto_chapters: bool | None
    """Make chapters; deprecated."""
    summarization: bool | None
    """Make a summary; deprecated."""
    summary_model: Literal["informative", "conversational", "catchy"] | None
    """The manner of the summary; deprecated."""
    summary_type: Literal["bullets", "bullets_verbose", "gist", "headline", "paragraph"] | None
    """The form of the summary; deprecated."""
    custom_topics: bool | None
    """Does nothing any more."""
    topics: list[Text] | None
    """Does nothing any more."""

    redact_pii: bool | None
    """Take personal data out of the text; redact_pii_policies says which."""
    redact_pii_policies: Some[PiiPolicy] | None
    """Kinds of personal data."""
    redact_pii_sub: Literal["hash", "entity_name"] | None
    """What stands in their place: # signs, or the kind; hash where it is not said."""
    redact_pii_audio: bool | None
    """Also make a recording without them, of one under 1 GB."""
    redact_pii_audio_quality: Literal["mp3", "wav"] | None
    """The format of that recording; mp3 where it is not said."""
    redact_pii_audio_options: RedactPiiAudioOptions | None
    """How that recording is made."""
    redact_pii_return_unredacted: bool | None
    """Give the text before redaction too."""
    redact_static_entities: dict[str, Some[Text]] | None
    """Further terms to take out, under the label that stands in their place."""

    webhook_url: WebAddress | None
    """An address that the service calls when a transcript is done."""
    webhook_auth_header_name: HeaderName | None
    """A header of that call, so that you know who calls."""
    webhook_auth_header_value: HeaderValue | None
    """The value of that header."""
