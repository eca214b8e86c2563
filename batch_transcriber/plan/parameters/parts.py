"""Parameters that are mappings themselves, and the kinds of values that others are made of."""

from __future__ import annotations

from typing import Annotated, Literal, Required, TypeAlias, TypeVar

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic takes that of `typing` from Python 3.12 on only

from batch_transcriber.plan.parameters.words import ModelName, OneWord

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Milliseconds: TypeAlias = Annotated[int, Field(ge=0)]
People: TypeAlias = Annotated[int, Field(ge=1)]
Item = TypeVar("Item")
Some: TypeAlias = Annotated[list[Item], Field(min_length=1)]
Models: TypeAlias = Some[ModelName]
PiiPolicy: TypeAlias = Literal[
    "account_number",
    "banking_information",
    "blood_type",
    "credit_card_cvv",
    "credit_card_expiration",
    "credit_card_number",
    "date",
    "date_interval",
    "date_of_birth",
    "drivers_license",
    "drug",
    "duration",
    "email_address",
    "event",
    "filename",
    "gender_sexuality",
    "healthcare_number",
    "injury",
    "ip_address",
    "language",
    "location",
    "marital_status",
    "medical_condition",
    "medical_process",
    "money_amount",
    "nationality",
    "number_sequence",
    "occupation",
    "organization",
    "passport_number",
    "password",
    "person_age",
    "person_name",
    "phone_number",
    "physical_attribute",
    "political_affiliation",
    "religion",
    "statistics",
    "time",
    "url",
    "us_social_security_number",
    "username",
    "vehicle_id",
    "zodiac_sign",
]

STRICT = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


@with_config(STRICT)
class Spelling(TypedDict):
    """Words, and how they are to be written."""

    from_: Annotated[Some[Text], Field(alias="from")]
    """Words or phrases as they are heard, in any case."""
    to: OneWord
    """The one word to write for them, in exactly this case."""


@with_config(STRICT)
class LanguageDetectionOptions(TypedDict, total=False):
    """How the language is detected."""

    expected_languages: Some[Text]
    """The only languages to choose from; [all] is for any."""
    fallback_language: Text
    """What to take where none of them is heard; auto is the likeliest of them."""
    on_low_language_confidence: Literal["error", "fallback"]
    """What becomes of a recording whose language is not certain enough."""
    code_switching: bool
    """Follow speakers from one language into another."""
    code_switching_confidence_threshold: Fraction
    """Below it, the recording is heard in its main language alone; 0.3 where it is not said."""
    language_detection_model: Text
    """The model that listens for the language."""
    swiss_german: bool
    """Listen for Swiss German."""


@with_config(STRICT)
class SpeakerOptions(TypedDict, total=False):
    """How many speakers there may be."""

    min_speakers_expected: People
    """The fewest; 1 where it is not said."""
    max_speakers_expected: People
    """The most. Far too high makes the result worse."""
    use_two_stage_clustering: bool
    """Group the voices in two steps."""
    long_file_diarization_method: Literal["standard", "experimental"]
    """How voices are told apart in long recordings."""


@with_config(STRICT)
class KeytermsPromptOptions(TypedDict, total=False):
    """How the terms are listened for."""

    keyterms_match_strength: Literal["high", "standard"]
    """How readily one is heard."""


@with_config(STRICT)
class RedactPiiAudioOptions(TypedDict, total=False):
    """How the redacted recording is made."""

    return_redacted_no_speech_audio: bool
    """Make one also where nobody speaks."""
    override_audio_redaction_method: Literal["silence"]
    """Silence instead of a beep."""


@with_config(STRICT)
class Translation(TypedDict, total=False):
    """Translations to make."""

    target_languages: Required[Some[Text]]
    """Into which languages, by their codes."""
    formal: bool
    """In formal language; true where it is not said."""
    match_original_utterance: bool
    """Translate speaker by speaker."""


@with_config(ConfigDict(extra="allow", strict=True, use_attribute_docstrings=True))
class KnownSpeaker(TypedDict, total=False):
    """A speaker to recognise, and anything that helps with it."""

    role: Text
    """What the speaker is, with speaker_type role."""
    name: Text
    """Who the speaker is, with speaker_type name."""
    description: Text
    """What tells this speaker from the others."""


@with_config(STRICT)
class SpeakerIdentification(TypedDict, total=False):
    """Speakers by name or role instead of letters."""

    speaker_type: Required[Literal["role", "name"]]
    """What to call them by."""
    known_values: Some[Annotated[str, Field(min_length=1, max_length=35)]]
    """The names or roles to choose from."""
    speakers: Some[KnownSpeaker]
    """The same, with more about each."""


@with_config(STRICT)
class CustomFormatting(TypedDict, total=False):
    """Patterns by which things are written."""

    date: Text
    """Such as mm/dd/yyyy."""
    phone_number: Text
    """Such as (xxx)xxx-xxxx."""
    email: Text
    """Such as username@domain.com."""


@with_config(STRICT)
class UnderstandingRequest(TypedDict, total=False):
    """The tasks."""

    translation: Translation
    """Translate the text."""
    speaker_identification: SpeakerIdentification
    """Call the speakers by name or role."""
    custom_formatting: CustomFormatting
    """Write dates, numbers and addresses by a pattern."""


@with_config(STRICT)
class SpeechUnderstanding(TypedDict):
    """Tasks on the finished text."""

    request: UnderstandingRequest
    """The tasks, one at least."""
