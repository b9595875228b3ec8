"""Records of the chapter Cover, a module for each part."""

from keyaccount_web.cover.models.signs import DueTouch, Sign
from keyaccount_web.cover.models.skills import Skill, SkillNeed, StaffSkill, Training
from keyaccount_web.cover.models.touches import Touch

__all__ = ["DueTouch", "Sign", "Skill", "SkillNeed", "StaffSkill", "Touch", "Training"]
