"""Records of the chapter Find, one module per subject."""

from keyaccount_web.find.models.kinds import KindBulk, KindDecision, KindFigures, SpecialStanding
from keyaccount_web.find.models.lists import (
    KeyAccountList,
    ListEntry,
    ListException,
    ListLook,
)

__all__ = [
    "KeyAccountList",
    "KindBulk",
    "KindDecision",
    "KindFigures",
    "ListEntry",
    "ListException",
    "ListLook",
    "SpecialStanding",
]
