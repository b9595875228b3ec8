"""What does every page know?"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import current_posts, may, sees_all
from keyaccount_web.cover import sections as cover
from keyaccount_web.find.sections import sections_for
from keyaccount_web.know import sections as know


@dataclass(frozen=True)
class Entry:
    """One place to go to."""

    code: str
    url: str
    icon: str
    is_here: bool


def page(request: HttpRequest) -> dict[str, Any]:
    """Navigation by chapters: what exists and may be seen."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"chapters": [], "acting": None}
    entries = []

    def add(code: str, name: str, icon: str, *further: str) -> None:
        url = _address(name)
        below = [place for place in (url, *map(_address, further)) if place != "/"]
        is_here = request.path == url or request.path.startswith(tuple(below))
        entries.append(Entry(code, url, icon, is_here))

    add("nav.home", "home", "home")
    if any(post.reach != "none" for post in current_posts(user)):
        add("nav.know", "accounts", "building", *(one.url_name for one in know.sections_for(user)))
    add("nav.to_do", "to_dos", "list-check")
    if sections := sections_for(user):
        add("nav.find", sections[0].url_name, "chart-pie", "find", *(one.url_name for one in sections))
    if parts := cover.sections_for(user):
        add("nav.cover", parts[0].url_name, "calendar", *(one.url_name for one in parts))
    if may(user, Right.IMPORT) and sees_all(user):
        add("nav.ledger", "ledger", "database")
    if any(may(user, right) for right in (Right.EDIT_ACCOUNTS, Right.MANAGE_USERS)) or (
        may(user, Right.IMPORT) and sees_all(user)
    ):
        add("nav.imports", "imports", "upload")
    if may(user, Right.MANAGE_USERS) or may(user, Right.ASSIGN):
        add("nav.people", "people", "users")
    if may(user, Right.MANAGE_SETTINGS):
        add("nav.settings", "settings", "adjustments")
    if may(user, Right.AUDIT):
        add("nav.audit", "audit", "eye")
    return {"chapters": entries, "acting": getattr(request, "acting", None)}


@cache
def _address(name: str) -> str:
    """Of a page without parts in its address: each page asks for dozens of these."""
    return reverse(name)
