"""How is a source read the same way next month? Its mapping and conventions, saved under a name."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from keyaccount.errors import KeyAccountError
from keyaccount.home import home
from keyaccount.ledger.amounts import DecimalMark
from keyaccount.ledger.dates import DateOrder


class ProfileError(KeyAccountError):
    """A profile cannot be found or read."""


@dataclass(frozen=True)
class Profile:
    """What is known of a source: field → column, the sheet, how it writes dates and amounts."""

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None


def save_profile(name: str, profile: Profile) -> Path:
    """Save `profile` as `name`, whole or not at all; an older one of that name is replaced."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(profile), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, path)
    return path


def load_profile(name: str) -> Profile:
    """The profile saved as `name`. Raises ProfileError: `profile.missing` (naming those there), `profile.broken`."""
    path = _path(name)
    try:
        return Profile(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ProfileError("profile.missing", name=name, names=profile_names()) from error
    except (ValueError, TypeError) as error:
        raise ProfileError("profile.broken", name=name, file=str(path)) from error


def profile_names() -> list[str]:
    """The names of all saved profiles."""
    return sorted(path.stem for path in (home() / "profiles").glob("*.json"))


def _path(name: str) -> Path:
    if not name or name != Path(name).name or name.startswith("."):
        raise ProfileError("profile.name", name=name)
    return home() / "profiles" / f"{name}.json"
