"""What does one backup hold? A manifest names every piece by its SHA-256; a backup without one is none."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from keyaccount_web.operate.backup.places import BackupError, Place

FORMAT = 1
_ENDING = ".backup.json"


@dataclass(frozen=True)
class Piece:
    """Some content, which lies under its SHA-256 and is shared by all backups that have it."""

    sha256: str
    size: int

    @property
    def name(self) -> str:
        return f"content/{self.sha256[:2]}/{self.sha256}"


@dataclass(frozen=True)
class Table:
    """A table of the records."""

    rows: int
    sum: str
    """Of the rows, whatever their order (`records.Sum`)."""
    piece: Piece


@dataclass(frozen=True)
class Manifest:
    """One backup."""

    name: str
    made_at: str
    version: str
    """Of the program."""
    database: str
    migrations: list[tuple[str, str]]
    tables: dict[str, Table]
    files: dict[str, Piece]
    """Path within the home → content."""
    ledger: dict[str, Piece] | None
    """Path within the store → content; `catalog.json` has the rows of the catalog. None: there was no store."""
    snapshot: int | None
    """Of the ledger."""
    key_mark: str
    """Tells whether the secret key is the one that sealed second factors and robots' addresses."""
    anchor: dict[str, Any] = field(default_factory=dict)
    """The last seal of the audit log."""

    def pieces(self) -> set[Piece]:
        return {
            *(table.piece for table in self.tables.values()),
            *self.files.values(),
            *(self.ledger or {}).values(),
        }


def write_manifest(place: Place, manifest: Manifest) -> None:
    """The last step of a backup: from here on it is one."""
    told = asdict(manifest)
    body = {"format": FORMAT, "sha256": _hash(told), "backup": told}
    with place.writing(f"{manifest.name}{_ENDING}") as stream:
        stream.write(json.dumps(body, ensure_ascii=False, indent=1).encode())


def manifests(place: Place) -> list[str]:
    """The names of the backups at a place, oldest first."""
    found = [name for name in place.sizes("") if "/" not in name and name.endswith(_ENDING)]
    return sorted((name.removesuffix(_ENDING) for name in found), key=_order)


def _order(name: str) -> tuple[str, int]:
    stamp, _, number = name.partition("-")
    return stamp, int(number) if number.isdecimal() else 1


def read_manifest(place: Place, name: str | None = None) -> Manifest:
    """The backup `name`, preset the newest.

    Raises BackupError `backup.none`, `backup.manifest`, `backup.format`.
    """
    there = manifests(place)
    if not there or (name is not None and name not in there):
        raise BackupError("backup.none", place=place.name, names=there[::-1], wanted=name or "")
    chosen = name or there[-1]
    with place.reading(f"{chosen}{_ENDING}") as stream:
        text = stream.read()
    try:
        body = json.loads(text)
        told = body["backup"]
        if body["format"] > FORMAT:
            raise BackupError("backup.format", name=chosen, format=body["format"], known=FORMAT)
        if body["sha256"] != _hash(told):
            raise BackupError("backup.manifest", name=chosen)
        return _manifest(told)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError("backup.manifest", name=chosen) from error


def remove_manifest(place: Place, name: str) -> None:
    place.remove(f"{name}{_ENDING}")


def _manifest(told: dict[str, Any]) -> Manifest:
    def pieces(paths: dict[str, Any]) -> dict[str, Piece]:
        return {path: Piece(**piece) for path, piece in paths.items()}

    return Manifest(
        **{
            **told,
            "migrations": [(app, name) for app, name in told["migrations"]],
            "tables": {
                name: Table(one["rows"], one["sum"], Piece(**one["piece"]))
                for name, one in told["tables"].items()
            },
            "files": pieces(told["files"]),
            "ledger": None if told["ledger"] is None else pieces(told["ledger"]),
        }
    )


def _hash(told: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
