"""In which encoding is a text file written, and is it text at all?

Byte order mark first, then strict UTF-8, else strict GB18030 (what Excel writes in China). A file that is neither,
or that mixes the two, is an error that names the line: half a ledger with garbled names helps nobody.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from keyaccount.ledger.raw import FileError

CHUNK = 1 << 20
# A header line longer than this is no table (a 2 GB line of zeros, say).
LONGEST_LINE = 4 << 20

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Two Chinese characters of UTF-8 in a row, on a line that is UTF-8 throughout: all but impossible in GB18030.
_PAIRS = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_UTF8_CHINESE = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")


@dataclass(frozen=True)
class TextFile:
    """A text file in UTF-8."""

    path: Path
    encoding: str
    """As it was found."""
    plain: bool
    """No empty lines and no lone carriage returns: rows can be counted by a fast reader."""


def as_utf8(path: Path, name: str, copy: Path) -> TextFile:
    """`path` itself where it is UTF-8, else the new file `copy` that is.

    Raises FileError: `file.binary`, `file.line_too_long`, `encoding.unknown`, `encoding.mixed`, `encoding.cut`.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            if encoding == "utf-16":
                return _transcoded(path, name, copy, "utf-16")
            break
    broken_line = _first_undecodable_line(path, name, "utf-8")
    if broken_line is None:
        return TextFile(path, "utf-8", _is_plain(path))
    if head.startswith(codecs.BOM_UTF8):
        raise FileError("encoding.unknown", file=name, line=broken_line)
    gb_broken_line = _first_undecodable_line(path, name, "gb18030")
    utf8_line = _first_line_of_utf8_chinese(path)
    if utf8_line is not None:
        raise FileError("encoding.mixed", file=name, utf8_line=utf8_line, other_line=broken_line)
    if gb_broken_line is not None or not _looks_chinese(path):
        raise FileError("encoding.unknown", file=name, line=gb_broken_line or broken_line)
    return _transcoded(path, name, copy, "gb18030")


def _first_undecodable_line(path: Path, name: str, encoding: str) -> int | None:
    """The number of the first line that is not `encoding`; None where the whole file is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = since_newline = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if b"\0" in chunk:
                raise FileError("file.binary", file=name)
            newline = chunk.rfind(b"\n")
            since_newline = since_newline + len(chunk) if newline < 0 else len(chunk) - newline
            if since_newline > LONGEST_LINE and b"\r" not in chunk:
                raise FileError("file.line_too_long", file=name, line=lines + 1)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                # The decoder's buffer may hold the start of a character: its offset is near enough for a line.
                return lines + chunk.count(b"\n", 0, max(error.start, 0)) + 1
            lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileError("encoding.cut", file=name, line=lines + 1) from error
    return None


def _first_line_of_utf8_chinese(path: Path) -> int | None:
    """The first line that is valid UTF-8 with Chinese in it, inside a file that is not UTF-8 as a whole."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if _UTF8_CHINESE.search(line):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    continue
                return number
    return None


def _looks_chinese(path: Path) -> bool:
    """Whether two-byte characters are mostly of two high bytes, as Chinese is, and not a letter of some Western

    encoding that swallowed the one behind it (`Müller` in Windows-1252 is valid GBK).
    """
    pairs = swallowed = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            for pair in _PAIRS.findall(chunk):
                pairs += 1
                swallowed += pair[1] < 0x80
    return swallowed * 2 <= pairs


def _is_plain(path: Path) -> bool:
    """Whether every row is one line, ended by a line feed, with something on it."""
    last = b"\n"
    with path.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        while chunk := stream.read(CHUNK):
            text = last + chunk
            if (
                b"\n\n" in text
                or b"\n\r" in text
                or text.count(b"\r") - text.endswith(b"\r") != text.count(b"\r\n")
            ):
                return False
            last = chunk[-1:]
    return last != b"\r"


def _transcoded(path: Path, name: str, copy: Path, encoding: str) -> TextFile:
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while text := source.read(CHUNK):
                if "\0" in text:
                    raise FileError("file.binary", file=name)
                target.write(text)
    except UnicodeError as error:
        raise FileError("encoding.unknown", file=name, line=1) from error
    return TextFile(copy, encoding, _is_plain(copy))
