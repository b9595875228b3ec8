"""Which kinds of settings are there, and how is what somebody typed read?"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from keyaccount.errors import SettingError
from keyaccount.language import message


@dataclass(frozen=True)
class Preset(ABC):
    """What a setting is until the company changes it, and within which bounds it may."""

    name: str
    """In code and in the database: `find.kinds.open_below`."""
    value: Any
    label: Callable[[str], str] | None = None
    """Its name in a language; None: the message `setting.<name>`."""

    def title(self, lang: str) -> str:
        return self.label(lang) if self.label else message(f"setting.{self.name}", lang)

    @abstractmethod
    def read(self, typed: str) -> Any:
        """The value that somebody typed. Raises SettingError `setting.range`, `setting.number`, `setting.choice`."""

    def kept(self, value: Any) -> str:
        """As it is kept, and as `read` takes it."""
        return str(value)

    def shown(self, value: Any, _lang: str) -> str:
        """As it stands on a page."""
        return self.kept(value)

    @property
    def is_number(self) -> bool:
        return True

    def options(self, _lang: str) -> list[tuple[str, str]]:
        """Value and text of each, where one is chosen."""
        return []

    def refused(self, allowed: Any, value: str, code: str = "setting.range") -> SettingError:
        return SettingError(code, name=self.name, allowed=allowed, value=value or "—")


@dataclass(frozen=True)
class Whole(Preset):
    """A whole number."""

    value: int
    least: int = 0
    most: int = 1_000_000

    def read(self, typed: str) -> int:
        text = typed.strip()
        if not text.isdecimal() or len(text) > 12 or not self.least <= int(text) <= self.most:
            raise self.refused(f"{self.least}–{self.most}", typed)
        return int(text)


@dataclass(frozen=True)
class Number(Preset):
    """A number with decimals; money among them."""

    value: Decimal
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(1_000_000_000)

    def read(self, typed: str) -> Decimal:
        number = _decimal(typed)
        if number is None or not self.least <= number <= self.most:
            raise self.refused(f"{self.least:f}–{self.most:f}", typed)
        return number

    def kept(self, value: Any) -> str:
        return f"{Decimal(value).normalize():f}"


@dataclass(frozen=True)
class Share(Number):
    """A part of the whole; typed and shown in per cent."""

    most: Decimal = Decimal(1)

    def read(self, typed: str) -> Decimal:
        number = _decimal(typed.strip().rstrip("%％"))
        if number is None or not self.least <= number / 100 <= self.most:
            raise self.refused(f"{self.least * 100:f}–{self.most * 100:f} %", typed)
        return number / 100

    def kept(self, value: Any) -> str:
        """In per cent, as `read` takes it."""
        return super().kept(Decimal(value) * 100)

    def shown(self, value: Any, _lang: str) -> str:
        return f"{self.kept(value)}%"


@dataclass(frozen=True)
class Choice(Preset):
    """One of a few."""

    value: str
    choices: tuple[str, ...] = ()
    texts: str = ""
    """The text of each is the message `<texts>.<choice>`; empty: `setting.<name>.<choice>`."""

    def read(self, typed: str) -> str:
        if typed not in self.choices:
            raise self.refused(list(self.choices), typed, "setting.choice")
        return typed

    def shown(self, value: Any, lang: str) -> str:
        return dict(self.options(lang)).get(value, str(value))

    @property
    def is_number(self) -> bool:
        return False

    def options(self, lang: str) -> list[tuple[str, str]]:
        return [(one, message(f"{self.texts or f'setting.{self.name}'}.{one}", lang)) for one in self.choices]


@dataclass(frozen=True)
class Text(Preset):
    """Some words; none where `least` is 0."""

    value: str
    least: int = 0
    most: int = 500

    def read(self, typed: str) -> str:
        text = typed.strip()
        if not self.least <= len(text) <= self.most:
            raise self.refused(f"{self.least}–{self.most}", str(len(text)), "setting.length")
        return text

    @property
    def is_number(self) -> bool:
        return False


def _decimal(typed: str) -> Decimal | None:
    try:
        number = Decimal(typed.strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None


def words_of(text: str) -> tuple[str, ...]:
    """The words of a Text that lists some, by commas or lines of either script."""
    for mark in "，、；;\n":
        text = text.replace(mark, ",")
    return tuple(word for one in text.split(",") if (word := one.strip()))
