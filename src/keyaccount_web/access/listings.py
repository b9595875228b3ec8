"""The list of colleagues, declared: who works here, in which posts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from keyaccount.language import message
from keyaccount_web.access.models import Post, User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may, visible_colleagues, visible_units
from keyaccount_web.lists.kit import Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import matching
from keyaccount_web.shell.templatetags.pages import lang


def people_seen(request: Request) -> QuerySet[User]:
    """The colleagues that one may see."""
    if not (may(request.user, Right.MANAGE_USERS) or may(request.user, Right.ASSIGN)):
        raise PermissionDenied
    return visible_colleagues(request.user)


def _with_posts(request: Request) -> QuerySet[User]:
    return people_seen(request).prefetch_related("posts__unit")


def _link(user: User, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("person", args=[user.pk]), user.name or user.username)


def _posts(user: User) -> str:
    gap = "；" if lang() == "zh" else "; "
    return gap.join(f"{message(f'role.{post.role}', lang())} · {post.unit.name}" for post in user.posts.all())


def _state(user: User) -> str:
    return message("people.active" if user.is_active else "people.off", lang())


def _state_sign(user: User, _context: Mapping[str, Any]) -> str:
    return render_to_string("access/person_state.html", {"one": user})


def _by_text(users: QuerySet[User], text: str) -> QuerySet[User]:
    return users.filter(matching(SEARCHABLE["colleague"], text) | Q(staff_number=text.strip()))


def _holding(**what: Any) -> Q:
    # Not `posts__…` by itself: who holds two such posts would stand there twice.
    return Q(pk__in=Post.objects.filter(**what).values("user"))


def _units(request: Request) -> Iterable[tuple[str, str]]:
    return ((str(unit.pk), unit.name) for unit in visible_units(request.user))


def _in_unit(asked: str) -> Q:
    return _holding(unit=int(asked)) if asked.isdecimal() and len(asked) < 10 else Q(pk=None)


def _roles(_request: Request) -> Iterable[tuple[str, str]]:
    return ((str(role), message(f"role.{role}", lang())) for role in Role)


def _around(request: Request) -> dict[str, Any]:
    return {"units": visible_units(request.user), "may_manage": may(request.user, Right.MANAGE_USERS)}


PEOPLE = add_listing(
    Listing(
        name="people",
        url_name="people",
        export_url_name="people_export",
        title="nav.people",
        found="people.count",
        empty="people.none",
        search_hint="people.search",
        template="access/people.html",
        rows=_with_posts,
        context=_around,
        sort="name",
        columns=(
            Column("name", "field.name", "name", html=_link),
            Column("username", "field.username", "username", is_key=True),
            Column("posts", "people.posts", value=_posts, is_sorted=False),
            Column("state", "people.state", value=_state, html=_state_sign, is_sorted=False),
            Column("staff_number", "field.staff_number", "staff_number", is_shown=False, is_low=True),
            Column("email", "field.email", "email", is_shown=False, is_low=True),
        ),
        filters=(
            Search("q", "action.search", find=_by_text),
            Choice("unit", "field.unit", among=_units, query=_in_unit),
            Choice("role", "field.role", among=_roles, query=lambda asked: _holding(role=asked)),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("active", "people.active", lambda users, _request: users.filter(is_active=True)),
            Scene("off", "people.off", lambda users, _request: users.filter(is_active=False)),
        ),
    )
)
