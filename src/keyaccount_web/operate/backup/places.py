"""Where do backups lie, and how does a file get there whole or not at all? A folder, or object storage (`s3://bucket/folder`)."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol, cast

import pyarrow.fs as pafs

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.connections import masked
from keyaccount.ledger.store.place import NO_ROOM

CHUNK = 1 << 20
DRAFT = ".draft-"


class BackupError(KeyAccountError):
    """A backup cannot be made, read or restored."""


class Place(Protocol):
    """Files by names with slashes."""

    name: str
    """For messages, without a password."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The files in `folder` and below, by their whole names, with their bytes; drafts too."""

    def writing(self, name: str) -> Any:
        """A context that gives a stream; what it got stands under `name` after the block, and only then."""

    def reading(self, name: str) -> IO[bytes]:
        """Raises FileNotFoundError."""

    def remove(self, name: str) -> None: ...


def place_at(address: str) -> Place:
    """The place that `address` names. Raises BackupError `backup.address`."""
    if "://" not in address:
        return Folder(Path(address).absolute())
    try:
        return Cloud(address)
    except (OSError, ValueError) as error:
        raise BackupError("backup.address", place=masked(address), reason=type(error).__name__) from None


class Folder:
    """A folder, perhaps of another machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)

    def sizes(self, folder: str) -> dict[str, int]:
        start = self.folder / folder
        return {
            path.relative_to(self.folder).as_posix(): path.stat().st_size
            for path in start.rglob("*")
            if path.is_file()
        }

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{DRAFT}{secrets.token_hex(4)}")
        try:
            # What is backed up is as secret as the installation itself.
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, target)
            _sync(target.parent)
        finally:
            draft.unlink(missing_ok=True)

    def reading(self, name: str) -> IO[bytes]:
        return (self.folder / name).open("rb")

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


class Cloud:
    """Object storage that PyArrow speaks to: s3://, gs://, hdfs://; keys come from the environment, as its own tools have them.

    `s3://bucket/folder?endpoint_override=minio.example:9000&scheme=http` for one of the company's own.
    """

    def __init__(self, address: str) -> None:
        self.name = masked(address)
        self.files, self.root = pafs.FileSystem.from_uri(address)

    def sizes(self, folder: str) -> dict[str, int]:
        start = f"{self.root}/{folder}".rstrip("/")
        found = self.files.get_file_info(pafs.FileSelector(start, recursive=True, allow_not_found=True))
        return {
            one.path.removeprefix(f"{self.root}/"): one.size
            for one in found
            if one.type == pafs.FileType.File
        }

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        stream = self.files.open_output_stream(f"{self.root}/{name}")
        try:
            yield stream
            stream.close()
        except BaseException:
            # Arrow closes a stream that nobody needs any more, and the half of a file would stand there.
            with suppress(OSError):
                stream.close()
                self.remove(name)
            raise

    def reading(self, name: str) -> IO[bytes]:
        return cast("IO[bytes]", self.files.open_input_stream(f"{self.root}/{name}"))

    def remove(self, name: str) -> None:
        self.files.delete_file(f"{self.root}/{name}")


@contextmanager
def told_why(place: Place, *, into: Path | None = None) -> Iterator[None]:
    """The operating system's trouble with a place, or with the folder `into` that is restored to, as an error of ours."""
    try:
        yield
    except OSError as error:
        code = "backup.full" if error.errno in NO_ROOM else "backup.place"
        if into is not None and error.errno in NO_ROOM:
            raise BackupError("restore.full", home=str(into)) from error
        raise BackupError(code, place=place.name, reason=error.strerror or str(error)) from error


def _sync(folder: Path) -> None:
    """So that the new name outlives a power cut, where the system can do that for folders."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
