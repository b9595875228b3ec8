"""What is in a file, by its content, and may it be kept? What is not known to be harmless is refused.

Not a virus scanner: a macro, a script, an executable, an archive that explodes are caught; a PDF made to break one reader is not.
"""

import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from PIL import Image, UnidentifiedImageError

from keyaccount.errors import KeyAccountError

LARGEST_PICTURE = 80_000_000
"""Pixels."""
LARGEST_UNPACKED = 500 << 20
LARGEST_GROWTH = 200
GROWTH_COUNTED_FROM = 20 << 20
MOST_PARTS = 10_000
LONGEST_NAME = 120


class AttachmentError(KeyAccountError):
    """The file is refused."""


@dataclass(frozen=True)
class FileKind:
    """A kind of content: what it is served as, and the endings that its names may have."""

    media_type: str
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, FileKind] = {
    "pdf": FileKind("application/pdf", (".pdf",)),
    "xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",)),
    "docx": FileKind(f"{_OFFICE}.wordprocessingml.document", (".docx",)),
    "pptx": FileKind(f"{_OFFICE}.presentationml.presentation", (".pptx",)),
    "png": FileKind("image/png", (".png",)),
    "jpeg": FileKind("image/jpeg", (".jpg", ".jpeg")),
    "gif": FileKind("image/gif", (".gif",)),
    "webp": FileKind("image/webp", (".webp",)),
    "text": FileKind("text/plain; charset=utf-8", (".txt", ".csv")),
}
_PICTURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
_MAIN_PARTS = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx", "ppt/presentation.xml": "pptx"}
_MARKUP = ("<html", "<!doctype", "<svg", "<script", "<?xml", "<?php", "<iframe", "<body", "#!", "%!ps")


def kind_of(stream: IO[bytes]) -> str:
    """The kind of a file that may be kept.

    Raises AttachmentError: `attachment.empty`, `attachment.kind`, `attachment.old_office`, `attachment.markup`, `attachment.macros`, `attachment.password`,
    `attachment.bomb`, `attachment.broken`.
    """
    stream.seek(0)
    head = stream.read(16)
    if not head:
        raise AttachmentError("attachment.empty")
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _picture(stream, "webp")
    for magic, kind in _PICTURES.items():
        if head.startswith(magic):
            return _picture(stream, kind)
    if head.startswith(b"PK"):
        return _office(stream)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise AttachmentError("attachment.old_office")
    return _text(stream)


def safe_name(name: str, kind: str) -> str:
    """The last part of a name, without what hides its ending, and with the ending of what it is."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Control characters, and those that turn the direction of writing: `gpj.exe` shown as `exe.jpg`.
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C" and one not in '<>:"|?*')
    name = name.strip(" .")
    endings = KINDS[kind].endings
    ending = PurePosixPath(name).suffix.lower()
    stem = name[: -len(ending)] if ending in endings else name
    ending = ending if ending in endings else endings[0]
    return f"{stem[: LONGEST_NAME - len(ending)].strip() or 'file'}{ending}"


def _picture(stream: IO[bytes], kind: str) -> str:
    """Opened and read to its end: a broken one, one with too many pixels, or something else in its clothes is refused."""
    try:
        stream.seek(0)
        with Image.open(stream, formats=[kind.upper()]) as picture:
            width, height = picture.size
            if width * height * getattr(picture, "n_frames", 1) > LARGEST_PICTURE:
                raise AttachmentError("attachment.bomb")
            picture.verify()
        stream.seek(0)
        with Image.open(stream, formats=[kind.upper()]) as picture:
            picture.load()
    except Image.DecompressionBombError as error:
        raise AttachmentError("attachment.bomb") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise AttachmentError("attachment.broken") from error
    return kind


def _office(stream: IO[bytes]) -> str:
    """A zip with the parts of an office file, none of which may be a program or lead out of it."""
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise AttachmentError("attachment.bomb")
            if any(part.flag_bits & 0x1 for part in parts):
                raise AttachmentError("attachment.password")
            packed = sum(part.compress_size for part in parts)
            unpacked = sum(part.file_size for part in parts)
            grows = unpacked > GROWTH_COUNTED_FROM and unpacked > LARGEST_GROWTH * max(packed, 1)
            if unpacked > LARGEST_UNPACKED or grows:
                raise AttachmentError("attachment.bomb")
            names = [part.filename for part in parts]
            if any(
                name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names
            ):
                raise AttachmentError("attachment.broken")
            lower = {name.lower() for name in names}
            if len(lower) < len(names):  # twice the same part: readers differ in which one they take
                raise AttachmentError("attachment.broken")
            kinds = {kind for part, kind in _MAIN_PARTS.items() if part in lower}
            if "[content_types].xml" not in lower or len(kinds) != 1:
                raise AttachmentError("attachment.kind")
            types = archive.read(next(name for name in names if name.lower() == "[content_types].xml"))
            runs = ("vbaproject.bin", "/macrosheets/", "/activex/", ".exe", ".dll", ".js", ".vbs", ".bat")
            if b"macroEnabled" in types or any(mark in name for name in lower for mark in runs):
                raise AttachmentError("attachment.macros")
            for part in parts:
                _read_to_end(archive, part)
            return kinds.pop()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, EOFError) as error:
        raise AttachmentError("attachment.broken") from error
    except RuntimeError as error:  # encrypted, told by zipfile only so
        raise AttachmentError("attachment.password") from error


def _read_to_end(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Its size as told in the directory and its checksum hold; zlib.error is not among what zipfile promises."""
    try:
        with archive.open(part) as content:
            while content.read(1 << 20):
                pass
    except (zlib.error, zipfile.BadZipFile) as error:
        raise AttachmentError("attachment.broken") from error


def _text(stream: IO[bytes]) -> str:
    """Plain text as UTF-8 or GB18030, without control characters, that no browser or shell would take for more."""
    stream.seek(0)
    content = stream.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise AttachmentError("attachment.kind")
    if any(unicodedata.category(one) == "Cc" and one not in "\t\r\n\f\x1a" for one in set(text)):
        raise AttachmentError("attachment.kind")
    beginning = text[:4096].lower()
    if any(beginning.lstrip().startswith(mark) for mark in _MARKUP) or any(
        mark in beginning for mark in _MARKUP if mark.startswith("<")
    ):
        raise AttachmentError("attachment.markup")
    return "text"
