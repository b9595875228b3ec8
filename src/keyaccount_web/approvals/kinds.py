"""What can be approved? Each chapter adds its kinds from its AppConfig.ready().

add_kind(Kind("discount", Right.GRANT_DISCOUNT, digest=digest_of, url=url_of, seen=discounts_seen_by, granted=grant))
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.approvals.models import Approval


def _nothing(_approval: Approval) -> None:
    return


@dataclass(frozen=True)
class Kind:
    """A kind of subject, told apart by its pk."""

    name: str
    """Its text is `approval.kind.<name>`."""
    right: Right
    """Who has it may decide."""
    digest: Callable[[int], str | None]
    """SHA-256 of all that is approved, as it stands now; None: there is nothing to approve any more."""
    url: Callable[[int], str]
    seen: Callable[[User], QuerySet[Any]]
    """The subjects that somebody may see: nobody decides, or reads of, what they cannot look at."""
    granted: Callable[[Approval], None]
    """What happens then, in the same transaction."""
    closed: Callable[[Approval], None] = _nothing
    """What happens when it is refused or withdrawn."""

    def is_seen(self, user: User, subject_id: int) -> bool:
        return self.seen(user).filter(pk=subject_id).exists()


KINDS: dict[str, Kind] = {}


def add_kind(kind: Kind) -> None:
    """Adding it again replaces it."""
    KINDS[kind.name] = kind
