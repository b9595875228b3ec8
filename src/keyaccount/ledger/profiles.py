"""How is a source read the same way next month? Its mapping and conventions, saved under a name."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from keyaccount.errors import KeyAccountError
from keyaccount.files import OutputError, written_whole
from keyaccount.home import home
from keyaccount.ledger.amounts import MARKS, DecimalMark
from keyaccount.ledger.dates import ORDERS, DateOrder

LONGEST_NAME = 100


class ProfileError(KeyAccountError):
    """A profile cannot be found or read."""


@dataclass(frozen=True)
class Profile:
    """What is known of a source: field → column, the sheets, how it writes dates and amounts."""

    columns: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None


def save_profile(name: str, profile: Profile) -> Path:
    """Save `profile` as `name`, whole or not at all; an older one of that name is replaced."""
    path = check_profile_name(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as (draft,):
            draft.write_text(
                json.dumps(asdict(profile), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
    except OSError as error:
        raise OutputError("out.unwritable", file=str(path), reason=error.strerror or str(error)) from error
    return path


def load_profile(name: str) -> Profile:
    """The profile saved as `name`. Raises ProfileError: `profile.missing` (naming those there), `profile.broken`."""
    path = check_profile_name(name)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProfileError("profile.missing", name=name, names=profile_names()) from error
    except (OSError, ValueError) as error:
        raise ProfileError("profile.broken", name=name, file=str(path)) from error
    if not _is_profile(saved):
        raise ProfileError("profile.broken", name=name, file=str(path))
    return Profile(**{**saved, "sheets": tuple(saved.get("sheets", ()))})


def _is_profile(saved: object) -> bool:
    """Whether a file holds what `save_profile` writes."""
    if not isinstance(saved, dict) or not set(saved) <= {one.name for one in fields(Profile)}:
        return False
    columns = saved.get("columns", {})
    return (
        isinstance(columns, dict)
        and all(isinstance(word, str) for pair in columns.items() for word in pair)
        and isinstance(saved.get("sheets", []), list)
        and all(isinstance(sheet, str) for sheet in saved.get("sheets", []))
        and saved.get("date_order") in (None, *ORDERS)
        and saved.get("decimal_mark") in (None, *MARKS)
    )


def profile_names() -> list[str]:
    """The names of all saved profiles."""
    return sorted(path.stem for path in (home() / "profiles").glob("*.json"))


def check_profile_name(name: str) -> Path:
    """Where the profile `name` is kept. Raises ProfileError `profile.name`."""
    if (
        not name
        or not name.isprintable()
        or name != Path(name).name
        or name.startswith(".")
        or len(name.encode()) > LONGEST_NAME
    ):
        raise ProfileError("profile.name", name=name)
    return home() / "profiles" / f"{name}.json"
