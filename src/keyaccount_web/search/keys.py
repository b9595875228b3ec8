"""Which texts is a name, a code, a number found by, and what do people type for them? (no records in here)

A name is found from each of its Chinese characters on and from each of its other words; by pinyin from its words on: place,
brand, each word of the trade; by initials from its begin and its brand; a short one, of a person, from each character. Every key is cut at `LONGEST`
characters, and what is typed is cut alike.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from keyaccount.know.names import (
    folded,
    folded_words,
    has_han,
    legal_form_at,
    name_parts,
    normalise,
    phone_key,
    phone_keys,
    pinyin_query,
    readings,
    spellings,
    tax_key,
    trade_words,
)
from keyaccount_web.search.models import SearchKey

LONGEST = 16
"""Characters of a key."""
SHORT_NAME = 4
"""Characters of a person's name at most."""
VARIED = 3
"""Characters, from where pinyin begins, that have all their readings as keys; those behind have the likeliest."""
FEWEST_LATIN = 2
"""Letters or digits that must be typed; one Chinese character is enough."""

Why = SearchKey.Why


class Key(NamedTuple):
    """A text, and what it is of the object."""

    text: bytes
    why: Why


def name_keys(name: str) -> Iterator[Key]:
    """The name as written, by pinyin, by initials."""
    text = folded(name)
    begin, end = legal_form_at(text)
    starts = [at for at in _starts(name) if not begin <= at < end or (begin, end) == (0, len(text))]
    for at in starts:
        yield _key(text[at:], Why.NAME if at == 0 else Why.NAME_WITHIN)
    core = text[:begin] + text[end:] if end > begin else text
    if not has_han(core):
        return
    spelled = readings(core)
    for at, is_trade in _word_starts(name, core):
        # Rarer readings count in the first characters typed; further on everyone knows the word.
        window = (*spelled[at : at + VARIED], *((one[0],) for one in spelled[at + VARIED : at + LONGEST]))
        for one in spellings(window):
            yield _key("".join(one), Why.PINYIN if at == 0 else Why.PINYIN_WITHIN)
            if len(one) > 1 and not is_trade:
                initials = "".join(part[0] for part in one)
                yield _key(initials, Why.INITIALS if at == 0 else Why.INITIALS_WITHIN)


def code_keys(code: str) -> Iterator[Key]:
    """The code, and its digits by themselves, with zeros in front and without: C000123, 000123, 123."""
    text = folded(code)
    for one in dict.fromkeys(
        (text, *(form for run in re.findall(r"\d+", text) for form in (run, run.lstrip("0"))))
    ):
        if one:
            yield _key(one, Why.CODE)


def tax_keys(number: str) -> Iterator[Key]:
    """The tax number, and the organisation in it."""
    key = tax_key(number)
    for one in dict.fromkeys((key.number, key.organisation)):
        if one:
            yield _key(one.lower(), Why.TAX)


def phone_number_keys(text: str) -> Iterator[Key]:
    """Each number without the country, of a landline without the area too, and its last four digits."""
    for key in phone_keys(text):
        national = _national(key.number)
        forms = [national, national[-4:]]
        if key.valid and len(national) in (10, 11) and not national.startswith(("1", "400")):
            forms.append(national[-8:] if len(national) == 11 or national[0] in "12" else national[-7:])
            forms.append(national[-8:])
        for one in dict.fromkeys(forms):
            yield _key(one, Why.PHONE)


def email_keys(address: str) -> Iterator[Key]:
    if address:
        yield _key(folded(address), Why.EMAIL)


def terms_of(query: str) -> list[list[str]]:
    """What is looked for, in two ways: all in a row as one, and each word by itself, all of which must be found."""
    words = unicodedata.normalize("NFKC", query).split()
    ways = [[" ".join(words)]] if words else []
    if len(words) > 1 and not _is_number(query):
        ways.append(words[:5])
    return ways


@lru_cache(maxsize=1000)
def prefixes_of(term: str) -> tuple[bytes, ...]:
    """How the keys begin that `term` finds; empty: it is too short, or nothing but punctuation."""
    text = folded(term)
    forms = [text, normalise(term)]  # with the legal form: as it is typed; without: whatever stands there
    if not has_han(text):
        forms.append(folded(pinyin_query(term)))
        if _is_number(term):
            forms += _number_forms(term)
    least = 1 if has_han(text) else FEWEST_LATIN
    return tuple(dict.fromkeys(form[:LONGEST].encode() for form in forms if len(form) >= least))


def after(prefix: bytes) -> bytes:
    """What comes after everything that begins with `prefix`: no UTF-8 text has this byte."""
    return prefix + b"\xff"


def marked(text: str, query: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether the query is in it: as written, else by pinyin or initials."""
    way = next((way for way in terms_of(query) if all(_span(text, term) for term in way)), [])
    spans = [_span(text, term) for term in way]
    pieces, at = [], 0
    for begin, end in sorted(span for span in spans if span):
        if begin >= at:
            pieces += [(text[at:begin], False), (text[begin:end], True)]
            at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def _span(text: str, term: str) -> tuple[int, int] | None:
    """Where `term` is in `text`: begin and end."""
    letters = [(folded(character), at) for at, character in enumerate(text)]
    places = [at for folds, at in letters for _ in folds]
    whole = "".join(folds for folds, _ in letters)
    for form in dict.fromkeys((folded(term), normalise(term))):
        if form and (found := whole.find(form)) >= 0:
            return places[found], places[found + len(form) - 1] + 1
    if has_han(term) or not (typed := folded(pinyin_query(term))) or typed.isdecimal():
        return None  # nothing is spelled in figures
    spelled = readings(whole) if len(whole) == len(places) else ()
    for way in (_spelled_length, _initials_length):
        for at in range(len(spelled)):
            if length := way(spelled[at:], typed):
                return places[at], places[at + length - 1] + 1
    return None


def _spelled_length(spelled: tuple[tuple[str, ...], ...], typed: str) -> int:
    """How many characters `typed` spells, the last perhaps in part; 0: none."""
    if not spelled:
        return 0
    for reading in spelled[0]:
        if reading.startswith(typed):
            return 1
        if typed.startswith(reading) and (rest := _spelled_length(spelled[1:], typed[len(reading) :])):
            return 1 + rest
    return 0


def _initials_length(spelled: tuple[tuple[str, ...], ...], typed: str) -> int:
    enough = len(typed) <= len(spelled)
    return (
        len(typed)
        if enough
        and all(
            any(reading[0] == letter for reading in readings_)
            for readings_, letter in zip(spelled, typed, strict=False)
        )
        else 0
    )


def _key(text: str, why: Why) -> Key:
    return Key(text[:LONGEST].encode(), why)


def _starts(name: str) -> list[int]:
    """Places in the folded name at which it may be found: each Chinese character, each other word."""
    starts, at = [], 0
    for word in folded_words(name):
        for place, character in enumerate(word):
            if has_han(character) or place == 0 or has_han(word[place - 1]):
                starts.append(at + place)
        at += len(word)
    return starts


def _word_starts(name: str, core: str) -> list[tuple[int, bool]]:
    """Places in the core from which pinyin counts, and whether it is a word of the trade, of which nobody types initials."""
    if len(core) <= SHORT_NAME:
        return [(at, False) for at, character in enumerate(core) if has_han(character)]
    parts = name_parts(name)
    at = max(core.find(parts.brand), 0)
    starts = {0: False, at: False}
    at += len(parts.brand)
    for word in trade_words(parts.trade):
        starts.setdefault(at, True)
        at += len(word)
    return sorted((start, is_trade) for start, is_trade in starts.items() if start < len(core))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[\d\s+\-()（）－—#*/.]+", text) is not None


def _number_forms(term: str) -> list[str]:
    """A telephone number as it is kept: without the country and the zero in front."""
    digits = "".join(re.findall(r"\d", unicodedata.normalize("NFKC", term)))
    key = phone_key(term)
    if key.valid:
        return [_national(key.number)]
    country = re.sub(r"^(?:0086|\+86)", "", re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", term)))
    return [form for form in (country.lstrip("+0"), digits.lstrip("0")) if len(form) >= 3]


def _national(number: str) -> str:
    return number.removeprefix("+86").removeprefix("+")
