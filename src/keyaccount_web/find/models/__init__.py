"""Records of the chapter Find, one module per subject."""

from keyaccount_web.find.models.bought import BoughtFrom
from keyaccount_web.find.models.kinds import KindBulk, KindDecision, KindFigures, SpecialStanding
from keyaccount_web.find.models.lists import (
    KeyAccountList,
    ListComment,
    ListEntry,
    ListException,
    ListLook,
)
from keyaccount_web.find.models.plans import CultivationPlan
from keyaccount_web.find.models.potential import Potential

__all__ = [
    "BoughtFrom",
    "CultivationPlan",
    "KeyAccountList",
    "KindBulk",
    "KindDecision",
    "KindFigures",
    "ListComment",
    "ListEntry",
    "ListException",
    "ListLook",
    "Potential",
    "SpecialStanding",
]
