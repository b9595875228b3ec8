"""The sheets of facts about rivals, of their failures to deliver, and of what customers buy in all (K6, K9)."""

from typing import Any

from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.rivals.models import KnownPurchases, Rival, RivalFact, SupplyFailure
from keyaccount_web.know.rivals.services import FACT, check_failure, check_purchases, checked_fact

PURCHASES = ("year", "business_line", "amount")
FAILURE = ("business_line", "what", "began_on", "ended_on")


def _fact_told(one: RivalFact) -> dict[str, Any]:
    return {"account": one.account, "rival": one.rival.name, **{name: getattr(one, name) for name in FACT}}


def _fact_values(given: Given) -> dict[str, Any]:
    if not given["rival"].strip():
        raise RecordError("rival.no_name")
    values = checked_fact(given.plain(*FACT))
    source = given.source()
    rival = given.called(Rival, given["rival"])
    return {"account": given["account"], "rival": rival, **values, **source}


def _purchases_values(given: Given) -> dict[str, Any]:
    check_purchases(given["year"], given["amount"])
    return {"account": given["account"], **given.plain(*PURCHASES), **given.source()}


def _failure_told(one: SupplyFailure) -> dict[str, Any]:
    return {"account": one.account, "rival": one.rival.name, **{name: getattr(one, name) for name in FAILURE}}


def _failure_values(given: Given) -> dict[str, Any]:
    if not given["rival"].strip():
        raise RecordError("rival.no_name")
    check_failure(given["began_on"], given["ended_on"])
    source = given.source()
    rival = given.called(Rival, given["rival"])
    return {"account": given["account"], "rival": rival, **given.plain(*FAILURE), **source}


RIVALS = Sheet(
    "rivals",
    RivalFact,
    order=30,
    records=lambda _user, accounts: RivalFact.objects.filter(account__in=accounts).select_related(
        "account", "rival"
    ),
    told=_fact_told,
    values=_fact_values,
)
KNOWN_PURCHASES = Sheet(
    "purchases",
    KnownPurchases,
    order=31,
    records=lambda _user, accounts: KnownPurchases.objects.filter(account__in=accounts).select_related(
        "account"
    ),
    told=lambda one: {"account": one.account, **{name: getattr(one, name) for name in PURCHASES}},
    values=_purchases_values,
)
FAILURES = Sheet(
    "failures",
    SupplyFailure,
    order=32,
    records=lambda _user, accounts: SupplyFailure.objects.filter(account__in=accounts).select_related(
        "account", "rival"
    ),
    told=_failure_told,
    values=_failure_values,
)
