"""What makes up an installation: which database, which folder, which ledger?"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connections

from keyaccount.ledger.store.place import StorePlace, store_place

# Made anew (static files), held elsewhere (records, ledger), or itself a copy.
_NOT_FILES = ("static", "demo", "backups", "metrics", "log")
SET_ASIDE = "before-restore-"
RESTORING = "restoring-"


@dataclass(frozen=True)
class Installation:
    """All that a backup holds, or a restore puts back."""

    home: Path
    store: StorePlace
    alias: str = "default"
    """Of the database of the records."""
    secret_key: str = ""

    @property
    def key_mark(self) -> str:
        """Tells whether two installations have the same secret key, and nothing else of it."""
        return hashlib.sha256(b"keyaccount backup\0" + self.secret_key.encode()).hexdigest()[:16]

    @property
    def is_sqlite(self) -> bool:
        return connections[self.alias].vendor == "sqlite"

    @property
    def records_file(self) -> Path:
        """Only where the records lie in SQLite."""
        return Path(connections[self.alias].settings_dict["NAME"])

    def is_file(self, path: Path) -> bool:
        """Whether a file of the home goes into a backup by itself."""
        first = path.relative_to(self.home).parts[0]
        if first in _NOT_FILES or first.startswith((SET_ASIDE, RESTORING)) or path.name.startswith("."):
            return False
        if path.suffix in (".lock", ".draft") or path.is_symlink() or not path.is_file():
            return False
        if self.is_sqlite and path.name.startswith(self.records_file.name):
            return False
        return not path.is_relative_to(self.store.folder)

    def files(self) -> list[Path]:
        """The files of the home that go into a backup: attachments, results of runs, uploads, profiles, the secret key."""
        return sorted(path for path in self.home.rglob("*") if self.is_file(path))


def this_installation() -> Installation:
    """As the settings say."""
    return Installation(Path(settings.HOME), store_place(), secret_key=str(settings.SECRET_KEY))
