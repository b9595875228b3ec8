"""What kind of file is it, by its content, and what is inside where it is packed?"""

import bz2
import gzip
import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from keyaccount.ledger.raw import FileError

Kind = Literal["text", "workbook", "parquet"]

CHUNK = 1 << 20
# A packed ledger grows 5 to 40 times; one that grows more than this is no ledger but a trap for the disk.
LARGEST_GROWTH = 200
GROWTH_COUNTED_FROM = 64 << 20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = tuple(
    f"<{tag}".encode()
    for tag in ["html", "!doctype", "!--", "table", "?xml", "meta", "style", "div", "head", "body"]
)


@dataclass(frozen=True)
class PlainFile:
    """A file that holds tables, not packed any more."""

    path: Path
    name: str
    kind: Kind
    sha256: str


def plain_files(path: Path, workdir: Path) -> Iterator[PlainFile]:
    """The tables' files in `path`: itself, or what an archive holds, unpacked into `workdir`.

    Raises FileError: `file.missing`, `file.folder`, `file.empty`, `file.unreadable`, `file.password`, `file.markup`,
    `file.binary`, `archive.broken`, `archive.growth`, `archive.empty`, `archive.password`, `archive.nested`.
    """
    name = str(path)
    if path.is_dir():
        raise FileError("file.folder", file=name)
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
    except FileNotFoundError as error:
        raise FileError("file.missing", file=name) from error
    except OSError as error:
        raise FileError("file.unreadable", file=name, reason=error.strerror or str(error)) from error
    if not head:
        raise FileError("file.empty", file=name)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _inside_zip(path, name, workdir)
    elif opened := _opened(head, path):
        yield _plain(_unpacked(opened, path.stat().st_size, name, _free(workdir)), name)
    else:
        yield _plain(path, name)


def _opened(head: bytes, path: Path) -> IO[bytes] | None:
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path)  # type: ignore[return-value]
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.open(path)
    if head.startswith(b"BZh"):
        return bz2.open(path)
    return None


def _free(workdir: Path) -> Path:
    return workdir / f"{len(list(workdir.iterdir()))}.plain"


def _plain(path: Path, name: str) -> PlainFile:
    """The file with its kind and the hash of its content, by which a copy is known, packed or not."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        head = stream.read(4096)
    return PlainFile(path, name, _kind(path, head, name), digest)


def _kind(path: Path, head: bytes, name: str) -> Kind:
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise FileError("file.empty", file=name)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        if not _is_workbook(path):
            raise FileError("archive.nested", file=name)
        return "workbook"
    if head.startswith(_OLE):
        if _contains(path, _ENCRYPTED):
            raise FileError("file.password", file=name)
        return "workbook"
    text = head.decode("utf-16", "replace").encode() if head.startswith((b"\xff\xfe", b"\xfe\xff")) else head
    if text.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP):
        raise FileError("file.markup", file=name)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError("file.binary", file=name)
    return "text"


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(one in archive.namelist() for one in ("[Content_Types].xml", "mimetype"))
    except zipfile.BadZipFile:
        return True  # what is wrong with it, the reader of workbooks says


def _contains(path: Path, needle: bytes) -> bool:
    # The names of an OLE file's streams stand in its directory, somewhere in the file.
    return needle in path.read_bytes()


def _inside_zip(path: Path, name: str, workdir: Path) -> Iterator[PlainFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise FileError("archive.broken", file=name) from error
    with closing(archive):
        if _is_workbook(path):
            yield _plain(path, name)
            return
        members = [one for one in archive.infolist() if _is_table(one)]
        if not members:
            raise FileError("archive.empty", file=name)
        for member in members:
            member_name = f"{name} › {_readable_name(member)}"
            try:
                opened = archive.open(member)
            except RuntimeError as error:  # zipfile's way to say that it wants a password
                raise FileError("archive.password", file=name) from error
            except (NotImplementedError, zipfile.BadZipFile) as error:
                raise FileError("archive.broken", file=name) from error
            yield _plain(_unpacked(opened, member.compress_size, member_name, _free(workdir)), member_name)


def _is_table(member: zipfile.ZipInfo) -> bool:
    return (
        not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not Path(member.filename).name.startswith(".")
    )


def _readable_name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 0x800:
        return member.filename
    # Chinese Windows writes names in GBK, which zipfile takes for code page 437.
    try:
        return member.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return member.filename


def _unpacked(opened: IO[bytes], packed_size: int, name: str, target: Path) -> Path:
    written = 0
    try:
        with opened, target.open("wb") as plain:
            while chunk := opened.read(CHUNK):
                if (
                    not written
                    and b"\0" in chunk[:4096]
                    and not chunk.startswith((b"PAR1", b"PK", _OLE, b"\xff\xfe", b"\xfe\xff"))
                ):
                    raise FileError("file.binary", file=name)
                written += plain.write(chunk)
                if written > max(GROWTH_COUNTED_FROM, LARGEST_GROWTH * packed_size):
                    raise FileError("archive.growth", file=name, times=LARGEST_GROWTH)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise FileError("archive.broken", file=name) from error
    except OSError as error:
        raise FileError("file.unreadable", file=name, reason=error.strerror or str(error)) from error
    return target
