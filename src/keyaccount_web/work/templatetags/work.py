"""What of daily work stands on pages of others: the bell, boxes of home and of an account, comments made safe."""

import re
from typing import Any

from django import template
from django.core.cache import cache
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.know.models import Account
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import freshness, to_do
from keyaccount_web.work.models import AccountTag, Comment, Tag, ToDo
from keyaccount_web.work.notify import unread_count
from keyaccount_web.work.texts import say

register = template.Library()

FIRST_TO_DOS = 6
OFFERED_TAGS, OFFERED_SECONDS = 200, 60
# Up to a blank, a quote or Chinese punctuation; the full stop at the end of a sentence is no part of it.
_ADDRESS = re.compile(
    r"(https?://[^\s<>\"'，。；：！？、（）《》“”‘’【】]*[^\s<>\"'，。；：！？、（）《》“”‘’【】.,;:!?)])"
)


@register.inclusion_tag("work/bell.html", takes_context=True)
def bell(context: template.Context) -> dict[str, Any]:
    """How many notifications are unread: the one query that every page has more."""
    return {"unread": unread_count(context["user"])}


@register.inclusion_tag("work/my_to_dos.html", takes_context=True)
def my_to_dos(context: template.Context) -> dict[str, Any]:
    """Those due today or before, on home."""
    from keyaccount_web.work.views.to_do import rows_of

    user = context["user"]
    due = to_do.to_dos_seen_by(user).filter(
        owner=user, state=ToDo.State.OPEN, due_date__lte=timezone.localdate()
    )
    rows = rows_of(user, due.order_by("due_date", "pk")[: FIRST_TO_DOS + 1])
    return {
        "rows": rows[:FIRST_TO_DOS],
        "has_more": len(rows) > FIRST_TO_DOS,
        "user": user,
    }


@register.inclusion_tag("work/my_stalest_fields.html", takes_context=True)
def my_stalest_fields(context: template.Context) -> dict[str, Any]:
    """Of one's own accounts, on home; only for those who may put them right."""
    user = context["user"]
    return {"questions": freshness.stalest(user) if may(user, Right.EDIT_ACCOUNTS) else []}


@register.inclusion_tag("work/freshness_box.html", takes_context=True)
def freshness_box(context: template.Context, account: Account) -> dict[str, Any]:
    return freshness_context(context["user"], account)


def freshness_context(user: User, account: Account) -> dict[str, Any]:
    """What the box shows: nothing to those who may not put it right."""
    may_edit = may(user, Right.EDIT_ACCOUNTS)
    return {
        "account": account,
        "questions": freshness.questions(account) if may_edit else [],
        "may_edit": may_edit,
    }


@register.inclusion_tag("work/account_tags.html", takes_context=True)
def account_tags(context: template.Context, account: Account) -> dict[str, Any]:
    return tags_context(context["user"], account)


def _offered_tags() -> list[str]:
    """The tags that are there, as of a minute ago at the most: a suggestion need not be newer."""
    return (
        cache.get_or_set(
            "work.tags",
            lambda: list(Tag.objects.values_list("name", flat=True)[:OFFERED_TAGS]),
            OFFERED_SECONDS,
        )
        or []
    )


def tags_context(user: User, account: Account, *, typed: str = "", problem: str = "") -> dict[str, Any]:
    """The tags of an account, and those that can be added."""
    may_edit = may(user, Right.EDIT_ACCOUNTS)
    marked = [one.tag for one in AccountTag.objects.filter(account=account).select_related("tag")]
    names = {one.name for one in marked}
    offered = _offered_tags() if may_edit else []
    return {
        "account": account,
        "tags": marked,
        "offered": [name for name in offered if name not in names],
        "may_edit": may_edit,
        "typed": typed,
        "problem": problem,
    }


@register.filter
def comment_text(comment: Comment) -> SafeString:
    """Escaped, with line breaks, links that lead nowhere secretly, and mentions marked."""
    names = sorted({name for user in comment.mentions.all() for name in (user.name, user.username)}, key=len)
    marks = "|".join(re.escape(f"@{name}") for name in reversed(names) if name)
    pieces = re.split(f"({marks})", comment.text) if marks else [comment.text]
    shown = [
        format_html('<span class="mention">{}</span>', piece) if place % 2 else _linked(piece)
        for place, piece in enumerate(pieces)
    ]
    return mark_safe("".join(shown).replace("\n", "<br>"))  # noqa: S308 - each piece is escaped above


def _linked(text: str) -> SafeString:
    """Addresses in it lead there. Not Django's urlize, which takes Chinese in front of an address for a part of it."""
    pieces = _ADDRESS.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{0}" rel="nofollow noopener noreferrer">{0}</a>', piece),)
            if place % 2
            else (piece,)
            for place, piece in enumerate(pieces)
        ),
    )


@register.filter
def to_do_text(told: ToDo) -> str:
    return to_do.text(told, lang())


@register.filter
def bytes_shown(size: int) -> str:
    """In the units that file managers use, whatever the language."""
    return filesizeformat(size).replace("\xa0", " ") if size >= 1024 else f"{size} B"


@register.simple_tag
def told(error: dict[str, Any] | None) -> str:
    """Why a delivery failed."""
    if not error:
        return ""
    parts = ("expected", "found", "to_do")
    gap = "" if lang() == "zh" else " "
    return gap.join(say(f"{error['code']}.{part}", lang(), error.get("values", {})) for part in parts)
