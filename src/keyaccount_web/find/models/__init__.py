"""Records of the chapter Find, one module per subject."""

from keyaccount_web.find.models.kinds import KindBulk, KindDecision, KindFigures, SpecialStanding

__all__ = ["KindBulk", "KindDecision", "KindFigures", "SpecialStanding"]
