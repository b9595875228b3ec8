"""The list of accounts by kind, role and class, declared (F5, F6)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from keyaccount.find.kinds import KINDS, OPEN
from keyaccount.find.roles import ROLES
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.find.kinds import has_kinds
from keyaccount_web.find.models import KindFigures
from keyaccount_web.find.models.kinds import ROUTES
from keyaccount_web.find.presets import class_names, kind_settings, role_settings
from keyaccount_web.know.listings import account_link, found_by_text
from keyaccount_web.know.models import Account
from keyaccount_web.lists.kit import Action, Choice, Column, Listing, Scene, Search, add_listing
from keyaccount_web.runs.services import current_run
from keyaccount_web.shell.templatetags.pages import icon, lang, percent

STATES = {
    "transactional": "state-plain",
    "value_added": "state-rise",
    "strategic": "state-good",
    OPEN: "state-watch",
}
"""Kind → colour beside its word."""


def kind_state(kind: str) -> SafeString:
    """A kind in word and colour."""
    return format_html(
        '<span class="state {}">{}</span>', STATES.get(kind, "state-plain"), message(f"kind.{kind}", lang())
    )


def _of(account: Account) -> KindFigures | None:
    return getattr(account, "kind_figures", None)


def _kind(account: Account, _context: Mapping[str, Any]) -> str:
    figures = _of(account)
    if figures is None:
        return "—"
    hand = ""
    if figures.is_overruled:
        hand = format_html(
            ' <span class="overruled" title="{0}">{1}<span class="visually-hidden">{0}</span></span>',
            message("kinds.is_overruled", lang()),
            icon("edit"),
        )
    address = reverse("account_kinds", args=[account.pk])
    return format_html('<a class="why" href="{}">{}</a>{}', address, kind_state(figures.kind), hand)


def _role(account: Account, _context: Mapping[str, Any]) -> str:
    figures = _of(account)
    return message(f"role.kind.{figures.role}", lang()) if figures else "—"


def _class(account: Account, context: Mapping[str, Any]) -> str:
    figures = _of(account)
    if figures is None or not figures.volume_class:
        return "—"
    names = context.get("class_names") or {}
    return str(names.get(figures.volume_class) or message(f"class.{figures.volume_class}", lang()))


def _policy(account: Account, context: Mapping[str, Any]) -> str:
    figures = _of(account)
    policy = (context.get("policies") or {}).get(figures.volume_class) if figures else None
    return message(f"policy.{policy}", lang()) if policy else "—"


def _effort(account: Account, context: Mapping[str, Any]) -> str:
    figures = _of(account)
    if figures is None or figures.is_over_ceiling is None:
        return "—"
    text = percent(figures.effort)
    if not figures.is_over_ceiling:
        return text
    ceiling = (context.get("ceilings") or {}).get(figures.volume_class)
    hint = message("kinds.over_ceiling", lang(), ceiling=ceiling or 0)
    return format_html(
        '<span class="change-down" title="{0}">{1} {2}<span class="visually-hidden"> {0}</span></span>',
        hint,
        icon("alert-triangle"),
        text,
    )


def _route(account: Account, _context: Mapping[str, Any]) -> str:
    figures = _of(account)
    return message(f"route.{figures.route}", lang()) if figures and figures.route else "—"


def _named(prefix: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    return [(code, message(f"{prefix}.{code}", lang())) for code in codes]


def _confidence(asked: str) -> Q:
    line = float(kind_settings().open_below)
    return Q(kind_figures__confidence__gte=line) if asked == "sure" else Q(kind_figures__confidence__lt=line)


def _context(request: Request) -> dict[str, Any]:
    classes = role_settings().classes
    run = current_run()
    return {
        "class_names": class_names(lang()),
        "policies": {one.code: one.policy for one in classes},
        "ceilings": {one.code: one.effort_ceiling for one in classes},
        "run": run,
        "has_kinds": has_kinds(run),
        "may_run": may(request.user, Right.RUN),
        "may_set": may(request.user, Right.MANAGE_SETTINGS),
    }


def _mine(rows: QuerySet[Account], request: Request) -> QuerySet[Account]:
    return rows.filter(owner=request.user)


def _text(prefix: str, name: str) -> Any:
    """For files: the word, not the code."""

    def value(account: Account) -> str:
        code = getattr(_of(account), name, "")
        return message(f"{prefix}.{code}", lang()) if code else ""

    return value


KIND_LIST = add_listing(
    Listing(
        name="kinds",
        url_name="kinds",
        export_url_name="kinds_export",
        title="kinds.title",
        found="accounts.found",
        empty="kinds.none",
        search_hint="accounts.search",
        template="find/kinds.html",
        rows=lambda request: visible_accounts(request.user).filter(kind_figures__isnull=False),
        sort="-sales",
        context=_context,
        columns=(
            Column("name", "column.account", "name", html=account_link),
            Column("code", "line.account_id", "code", is_shown=False, is_low=True, is_key=True),
            Column("kind", "kinds.kind", "kind_figures__kind", value=_text("kind", "kind"), html=_kind),
            Column("score", "kinds.score", "kind_figures__score", show="percent", is_low=True),
            Column("confidence", "kinds.confidence", "kind_figures__confidence", show="percent", is_low=True),
            Column("role", "kinds.role", "kind_figures__role", value=_text("role.kind", "role"), html=_role),
            Column("class", "kinds.class", "kind_figures__volume_class", html=_class, is_low=True),
            Column(
                "policy", "kinds.policy", html=_policy, value=lambda _row: None, is_low=True, is_shown=False
            ),
            Column(
                "effort", "kinds.effort", "kind_figures__effort", show="percent", html=_effort, is_low=True
            ),
            Column("sales", "column.sales", "figures__sales", show="money"),
            Column(
                "route",
                "kinds.route",
                "kind_figures__route",
                value=_text("route", "route"),
                html=_route,
                is_low=True,
            ),
            Column("owner", "field.owner", "owner__name", is_low=True, is_shown=False),
            Column(
                "computed",
                "kinds.computed",
                "kind_figures__computed_kind",
                value=_text("kind", "computed_kind"),
                is_low=True,
                is_shown=False,
            ),
            Column("reason", "kinds.reason", "kind_decision__reason", is_low=True, is_shown=False),
        ),
        filters=(
            Search("q", "action.search", find=found_by_text),
            Choice(
                "kind",
                "kinds.kind",
                path="kind_figures__kind",
                among=lambda _request: _named("kind", (*KINDS, OPEN)),
            ),
            Choice(
                "role",
                "kinds.role",
                path="kind_figures__role",
                among=lambda _request: _named("role.kind", ROLES),
            ),
            Choice(
                "class",
                "kinds.class",
                path="kind_figures__volume_class",
                among=lambda _request: class_names(lang()).items(),
            ),
            Choice(
                "confidence",
                "kinds.confidence",
                among=lambda _request: _named("kinds.confidence", ("sure", "unsure")),
                query=_confidence,
            ),
            Choice(
                "route",
                "kinds.route",
                path="kind_figures__route",
                among=lambda _request: _named("route", ROUTES),
            ),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", _mine),
            Scene(
                "overruled",
                "kinds.overruled",
                lambda rows, _request: rows.filter(kind_figures__is_overruled=True),
            ),
            Scene(
                "over_ceiling",
                "kinds.over",
                lambda rows, _request: rows.filter(kind_figures__is_over_ceiling=True),
            ),
        ),
        actions=(Action("kinds_bulk", "kinds.bulk", "edit", Right.EDIT_ACCOUNTS),),
    )
)
