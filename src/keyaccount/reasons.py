"""How does a calculation say why? A reason as data, a code and its values, and as a sentence in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keyaccount.language import message


@dataclass(frozen=True)
class Reason:
    """One reason, or one thing to keep in mind."""

    code: str
    values: Mapping[str, Any]

    def text(self, lang: str) -> str:
        return message(self.code, lang, **self.values)
