"""Which lists has the chapter Know? Each is a section, added from AppConfig.ready().

add_section(Section("section.needs", "needs", order=30))
"""

from collections.abc import Callable
from dataclasses import dataclass

from keyaccount_web.access.models import User


@dataclass(frozen=True)
class Section:
    """One page of the chapter, at an address without arguments."""

    code: str
    """Message code of its name."""
    url_name: str
    order: int
    """Its place in the row, smallest first."""
    is_seen: Callable[[User], bool] = lambda _user: True


_sections: dict[str, Section] = {}


def add_section(section: Section) -> None:
    """Adding it again replaces it."""
    _sections[section.url_name] = section


def sections_for(user: User) -> list[Section]:
    """The sections that a user may open, in their order."""
    seen = (section for section in _sections.values() if section.is_seen(user))
    return sorted(seen, key=lambda section: section.order)
