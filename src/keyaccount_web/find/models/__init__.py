"""Records of the chapter Find, one module per subject."""

from keyaccount_web.find.models.plans import CultivationPlan
from keyaccount_web.find.models.potential import Potential

__all__ = ["CultivationPlan", "Potential"]
