"""What went wrong, what was expected, what to do: one shape for every error.

A subclass for each thing a caller may want to treat differently stands beside the code that raises it.
"""

from typing import Any

from keyaccount.language import message


class KeyAccountError(Exception):
    """Something that the reader can put right: a code, and the values that its texts name."""

    def __init__(self, code: str, /, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def expected(self, lang: str) -> str:
        return message(f"{self.code}.expected", lang, **self.values)

    def found(self, lang: str) -> str:
        return message(f"{self.code}.found", lang, **self.values)

    def to_do(self, lang: str) -> str:
        return message(f"{self.code}.to_do", lang, **self.values)

    def text(self, lang: str) -> str:
        """The three sentences in a row."""
        gap = "" if lang == "zh" else " "
        return gap.join((self.expected(lang), self.found(lang), self.to_do(lang)))

    def as_dict(self, lang: str) -> dict[str, str]:
        """The error as the API and `--json` give it."""
        return {
            "code": self.code,
            "expected": self.expected(lang),
            "found": self.found(lang),
            "to_do": self.to_do(lang),
        }

    def __str__(self) -> str:
        return self.text("en")


class SettingError(KeyAccountError):
    """A setting is outside what is allowed."""
