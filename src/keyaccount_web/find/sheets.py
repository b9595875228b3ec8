"""The sheets of special standing, of what we buy from accounts, and of what people say of an account's kind, role, class and route (F5, F6, K9)."""

from typing import Any

from django.utils import timezone

from keyaccount.find.kind_settings import CLASSES
from keyaccount.find.kinds import KINDS
from keyaccount.find.roles import ROLES, STANDINGS
from keyaccount_web.find.bought import check_bought
from keyaccount_web.find.decisions import FIELDS, OVERRULING, DecisionError
from keyaccount_web.find.kinds import refresh_figures
from keyaccount_web.find.models import BoughtFrom, KindDecision, SpecialStanding
from keyaccount_web.find.models.kinds import ROUTES
from keyaccount_web.imports.sheets.registry import Given, Sheet


def _figures_again(accounts: set[int]) -> None:
    refresh_figures(sorted(accounts))


def _standing_values(given: Given) -> dict[str, Any]:
    since, until = given["since"], given["until"]
    if until is not None and until < since:
        raise DecisionError("standing.dates", since=since, until=until)
    return {
        "account": given["account"],
        "entered_by": given.by,
        **given.plain("standing", "since", "until", "source"),
    }


STANDING = Sheet(
    "standings",
    SpecialStanding,
    order=90,
    records=lambda _user, accounts: SpecialStanding.objects.filter(account__in=accounts).select_related(
        "account"
    ),
    told=lambda one: {
        name: getattr(one, name) for name in ("account", "standing", "since", "until", "source")
    },
    values=_standing_values,
    after=_figures_again,
    words={"standing": {one: f"standing.{one}" for one in STANDINGS}},
)


def _bought_values(given: Given) -> dict[str, Any]:
    check_bought(given["year"], given["amount"], latest=timezone.localdate().year)
    return {"account": given["account"], "recorded_by": given.by, **given.plain("year", "amount", "source")}


BOUGHT_FROM = Sheet(
    "bought_from",
    BoughtFrom,
    order=91,
    records=lambda _user, accounts: BoughtFrom.objects.filter(account__in=accounts).select_related("account"),
    told=lambda one: {name: getattr(one, name) for name in ("account", "year", "amount", "source")},
    values=_bought_values,
)


def _decision_values(given: Given) -> dict[str, Any]:
    told = {name: given[name] or "" for name in (*FIELDS, "reason")}
    was = {name: getattr(given.record, name, "") for name in OVERRULING}
    if any(told[name] and told[name] != was[name] for name in OVERRULING) and not told["reason"]:
        raise DecisionError("decision.reason", name=given["account"].name)
    return {"account": given["account"], "decided_by": given.by, "decided_at": timezone.now(), **told}


DECISIONS = Sheet(
    "kind_decisions",
    KindDecision,
    order=92,
    records=lambda _user, accounts: KindDecision.objects.filter(account__in=accounts).select_related(
        "account"
    ),
    told=lambda one: {name: getattr(one, name) for name in ("account", *FIELDS, "reason")},
    values=_decision_values,
    after=_figures_again,
    words={
        "kind": {one: f"kind.{one}" for one in KINDS},
        "role": {one: f"role.kind.{one}" for one in ROLES},
        "volume_class": {one.code: f"class.{one.code}" for one in CLASSES},
        "route": {one: f"route.{one}" for one in ROUTES},
    },
)
