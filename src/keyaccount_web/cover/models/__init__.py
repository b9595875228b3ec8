"""Records of the chapter Cover, a module for each part."""

from keyaccount_web.cover.models.touches import Touch

__all__ = ["Touch"]
