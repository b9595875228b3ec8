"""Which pages has the chapter Find? Each is a section, added from AppConfig.ready().

add_section(Section("section.concentration", "concentration", order=20))
"""

from collections.abc import Callable
from dataclasses import dataclass

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Reach, Right
from keyaccount_web.access.scope import current_posts, may


def sees_runs(user: User) -> bool:
    """Whether somebody may look at calculations."""
    return may(user, Right.RUN) or may(user, Right.COMPANY_FIGURES)


def sees_accounts(user: User) -> bool:
    """Whether somebody's posts reach any account at all."""
    return any(post.reach != Reach.NONE for post in current_posts(user))


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
    return sorted(
        (section for section in _sections.values() if section.is_seen(user)),
        key=lambda section: section.order,
    )
