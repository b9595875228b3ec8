"""The lists of touches and of what is due, declared (C3)."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from keyaccount.cover.standards import KINDS_OF
from keyaccount.cover.standards import TOUCHES as ASKED_FOR
from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import of_visible
from keyaccount_web.company.presets import setting
from keyaccount_web.cover.models import DueTouch, Touch
from keyaccount_web.cover.presets import KEY_TIERS, PROOFS, TIERS
from keyaccount_web.cover.recording import may_record
from keyaccount_web.cover.touches import visible_touches
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Choice, Column, Day, Listing, Scene, Search, add_listing
from keyaccount_web.search.services import accounts_matching
from keyaccount_web.shell.templatetags.pages import icon, lang


def named(prefix: str, values: Any) -> list[tuple[str, str]]:
    return [(one, message(f"{prefix}.{one}", lang())) for one in values]


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    return rows.filter(account__in=Account.objects.filter(accounts_matching(text)).order_by())


def _account(touch: Any, _context: Mapping[str, Any]) -> str:
    url = reverse("account", args=[touch.account_id])
    return format_html(
        '<a href="{}">{}</a><span class="code">{}</span>', url, touch.account.name, touch.account.code
    )


def _kind(touch: Touch) -> str:
    return message(f"touch.kind.{touch.kind}", lang())


def _done_how(touch: Touch) -> str:
    return message(f"touch.done_how.{touch.done_how}", lang())


def _of(name: str) -> Callable[[str], Q]:
    """The rows of one account or colleague by its number; nobody's where it is none."""
    return lambda asked: Q(**{name: int(asked)}) if asked.isdecimal() and len(asked) < 19 else Q(pk__in=[])


def _counts(touch: str) -> Q:
    """Touches that count for a standard."""
    if touch not in ASKED_FOR:
        return Q()
    kinds = KINDS_OF["call" if touch == "call" else "visit"]
    found = Q(kind__in=kinds)
    proof = PROOFS[setting("standards.proof")]
    if touch != "call" and proof:
        found &= Q(done_how__in=proof)
    return found & Q(is_executive=True) if touch == "executive" else found


def _who(request: Request) -> list[tuple[str, str]]:
    """Those who recorded touches that the reader may see."""
    people = User.objects.filter(pk__in=visible_touches(request.user).order_by().values("by"))
    return [(str(pk), name) for pk, name in people.order_by("name").values_list("pk", "name")]


TOUCHES = add_listing(
    Listing(
        name="touches",
        url_name="touches",
        export_url_name="touches_export",
        title="section.touches",
        found="touch.found",
        empty="touch.none",
        search_hint="accounts.search",
        template="cover/touches.html",
        rows=lambda request: visible_touches(request.user),
        sort="-began",
        columns=(
            Column("began", "touch.began", "began_at", show="moment"),
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column("kind", "touch.kind", "kind", value=_kind, coded=lambda one: one.kind),
            Column("by", "touch.by", "by__name", is_low=True),
            Column("minutes", "touch.minutes", "minutes", show="count", is_low=True),
            Column("summary", "touch.summary", "summary", is_sorted=False, is_low=True, width=60),
            Column("next_step", "touch.next_step", "next_step", is_sorted=False, is_low=True, width=40),
            Column(
                "done_how",
                "touch.done_how",
                "done_how",
                value=_done_how,
                coded=lambda one: one.done_how,
                is_low=True,
            ),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("kind", "touch.kind", path="kind", among=lambda _request: named("touch.kind", Touch.Kind)),
            Choice("by", "touch.by", among=_who, query=_of("by")),
            Day("since", "touch.since", path="began_at"),
            Day("until", "touch.until", path="began_at", is_until=True),
            Choice("account", "column.account", query=_of("account"), kind="hidden"),
            Choice("counts", "touch.counts", query=_counts, kind="hidden"),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(by=request.user)),
        ),
        context=lambda request: {"may_record": may_record(request.user)},
    )
)


def state_of(row: DueTouch) -> str:
    """early, due or overdue today."""
    today = timezone.localdate()
    if row.due_until is None or row.due_until < today:
        return "overdue"
    return "due" if row.due_from is not None and row.due_from <= today else "early"


HUES = {"overdue": "state-bad", "due": "state-watch", "early": "state-good"}


def _state_shown(row: DueTouch, _context: Mapping[str, Any]) -> str:
    state = state_of(row)
    mark = {"overdue": "alert-triangle", "due": "clock", "early": "check"}[state]
    text = message(f"due.state.{state}", lang())
    return format_html('<span class="state {}">{}{}</span>', HUES[state], icon(mark), text)


def why(row: DueTouch) -> str:
    """Why it stands in the list, in the reader's language."""
    today = timezone.localdate()
    values = {
        "tier": message(f"tier.{row.tier}", lang()),
        "touch": message(f"standard.touch.{row.touch}", lang()),
        "days": round(row.interval_days, 1),
    }
    told = [message("due.why.standard", lang(), **values)]
    if row.last_date is None:
        told.append(message("due.why.never", lang()))
    else:
        told.append(message("due.why.last", lang(), days=(today - row.last_date).days))
    if row.sign:
        told.insert(0, message(f"due.why.{row.sign}", lang()))
    return ("；" if lang() == "zh" else "; ").join(told)


def _record(row: DueTouch, context: Mapping[str, Any]) -> str:
    if not context.get("may_record"):
        return "—"
    kind = "call" if row.touch == "call" else "visit"
    url = f"{reverse('touch_new')}?{urlencode({'account': str(row.account_id), 'kind': kind})}"
    return format_html('<a class="btn btn-sm" href="{}">{}</a>', url, message("due.record", lang()))


def _by_state(state: str) -> Q:
    today = timezone.localdate()
    overdue = Q(due_until=None) | Q(due_until__lt=today)
    if state == "overdue":
        return overdue
    if state == "due":
        return ~overdue & Q(due_from__lte=today)
    return ~overdue & Q(due_from__gt=today) if state == "early" else Q()


def this_week(rows: QuerySet[DueTouch]) -> QuerySet[DueTouch]:
    """Overdue, due, or due before the week is over."""
    today = timezone.localdate()
    sunday = today + dt.timedelta(days=6 - today.weekday())
    return rows.filter(Q(due_until=None) | Q(due_from__lte=sunday))


def due_seen_by(user: User) -> QuerySet[DueTouch]:
    """What is due of the accounts that `user` may see, the most overdue first; never seen before all others."""
    return of_visible(DueTouch.objects.all(), user).select_related("account")


DUE = add_listing(
    Listing(
        name="due_touches",
        url_name="due_touches",
        export_url_name="due_touches_export",
        title="section.due",
        found="due.found",
        empty="due.none",
        search_hint="accounts.search",
        template="cover/due.html",
        rows=lambda request: due_seen_by(request.user),
        sort="due_until",
        columns=(
            Column("account", "column.account", "account__name", html=_account, needs="account"),
            Column("account_id", "cost.column.account_id", "account__code", is_shown=False, is_key=True),
            Column(
                "touch",
                "due.touch",
                "touch",
                value=lambda row: message(f"standard.touch.{row.touch}", lang()),
                coded=lambda row: row.touch,
            ),
            Column(
                "state",
                "due.state",
                value=lambda row: message(f"due.state.{state_of(row)}", lang()),
                coded=state_of,
                html=_state_shown,
            ),
            Column("due_until", "due.until", "urgency", value=lambda row: row.due_until, show="day"),
            Column("why", "column.reasons", value=why, width=60),
            Column("last", "due.last", "last_date", show="day", is_low=True),
            Column(
                "tier",
                "due.tier",
                "tier",
                value=lambda row: message(f"tier.{row.tier}", lang()),
                coded=lambda row: row.tier,
                is_low=True,
            ),
            Column("owner", "field.owner", "account__owner__name", is_low=True),
            Column("deed", "due.deed", value=lambda _row: None, html=_record, is_sorted=False),
        ),
        filters=(
            Search("q", "action.search", find=_search),
            Choice("state", "due.state", among=lambda _request: named("due.state", HUES), query=_by_state),
            Choice(
                "touch", "due.touch", path="touch", among=lambda _request: named("standard.touch", ASKED_FOR)
            ),
            Choice("tier", "due.tier", path="tier", among=lambda _request: named("tier", TIERS)),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", lambda rows, request: rows.filter(account__owner=request.user)),
            Scene("week", "due.this_week", lambda rows, _request: this_week(rows)),
            Scene("key", "due.key_accounts", lambda rows, _request: rows.filter(tier__in=KEY_TIERS)),
        ),
        context=lambda request: {"may_record": may_record(request.user)},
    )
)
