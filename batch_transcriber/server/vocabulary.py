"""What a model can be told to listen for, which is known without the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class Vocabulary:
    """How a model writes words as numbers.

    Args:
        tokenizer: One of the library `tokenizers`.
        context_tokens: What the model has room for in a window, its own words included.
    """

    def __init__(self, tokenizer: Any, context_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._context_tokens = context_tokens

    @classmethod
    def of_parts(cls, tokenizer: str, context_tokens: int) -> Vocabulary:
        """Return it from its `parts`; a tenth of a second."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - comes with the recogniser's extra

        return cls(Tokenizer.from_str(tokenizer), context_tokens)

    def parts(self) -> tuple[str, int]:
        """Return what can be sent elsewhere: some megabytes of JSON, and a number."""
        return self._tokenizer.to_str(), self._context_tokens

    def takes(self, key_terms: Sequence[str]) -> bool:
        """Return whether a prompt has room for all of these: of more, whisper drops the last ones unsaid."""
        tokens = self._tokenizer.encode(f" {hot_words(key_terms)}", add_special_tokens=False)
        return bool(len(tokens.ids) < self._context_tokens // 2)


def hot_words(key_terms: Sequence[str]) -> str:
    """Return words to listen for as whisper takes them."""
    return ", ".join(key_terms)
