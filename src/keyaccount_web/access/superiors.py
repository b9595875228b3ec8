"""Whom does somebody answer to? The head of their unit, else of the next unit above."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from keyaccount_web.access.models import Post, User
from keyaccount_web.access.roles import Role

_HEADS = (Role.DEPARTMENT_HEAD, Role.DIRECTOR)


def superiors(users: Iterable[User]) -> dict[int, list[User]]:
    """For each user (by pk) those above, the nearest first; in three queries whatever their number.

    Of several heads of one unit the department's head comes before the director, then who has been there longest.
    """
    day = timezone.localdate()
    held = Post.objects.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day))
    paths: dict[int, list[str]] = {}
    for user_id, path in held.filter(user__in=list(users)).values_list("user_id", "unit__path"):
        paths.setdefault(user_id, []).append(path)
    heads: dict[str, list[User]] = {}
    posts = held.filter(role__in=_HEADS, user__is_active=True).select_related("user", "unit")
    for post in sorted(posts, key=lambda one: (_HEADS.index(Role(one.role)), one.since, one.pk)):
        heads.setdefault(post.unit.path, []).append(post.user)
    found: dict[int, list[User]] = {}
    for user_id, own in paths.items():
        above: dict[int, User] = {}
        for path in sorted({unit for one in own for unit in units_up(one)}, key=lambda one: -one.count("/")):
            above |= {head.pk: head for head in heads.get(path, []) if head.pk not in above}
        above.pop(user_id, None)
        found[user_id] = list(above.values())
    return found


def units_up(path: str) -> list[str]:
    """The paths of a unit and of all above it: `HQ/ZJ/` → `HQ/`, `HQ/ZJ/`."""
    codes = path.rstrip("/").split("/")
    return ["/".join(codes[: n + 1]) + "/" for n in range(len(codes))]
