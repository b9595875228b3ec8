"""The sheet of the gift register: the rules of its page hold for every row that comes in (K7, K9, R3)."""

from decimal import Decimal
from typing import Any

from keyaccount_web.company.presets import settings_of
from keyaccount_web.imports.sheets.registry import Given, Sheet
from keyaccount_web.know.events.gifts import GiftError, check_year, checked_gift
from keyaccount_web.know.events.models import Gift
from keyaccount_web.know.models import Account

State = Gift.State
TOLD = (
    "recipient",
    "is_official",
    "kind",
    "what",
    "value",
    "on",
    "consent",
    "state",
    "asked_by",
    "approved_by",
)


def _told(one: Gift) -> dict[str, Any]:
    return {"account": one.account, "person": one.contact, **{name: getattr(one, name) for name in TOLD}}


def _values(given: Given) -> dict[str, Any]:
    return _entered(given) if given.record is None else _moved(given)


def _moved(given: Given) -> dict[str, Any]:
    """An entry stays as it was made; what may be given was given, or was not."""
    told = _told(given.record)
    kept = all(given[name] == told[name] for name in ("person", *TOLD) if name != "state")
    is_next = told["state"] == State.APPROVED and given["state"] in (State.GIVEN, State.DROPPED)
    if not kept or not is_next:
        raise GiftError("gift.only_state", what=given.record.what)
    return {"state": given["state"]}


def _entered(given: Given) -> dict[str, Any]:
    """A new entry. What needs a second pair of eyes is asked for on the page, where somebody is asked."""
    account, person = given["account"], given["person"]
    if person is not None and person.name != given["recipient"]:
        raise GiftError("gift.person_otherwise", name=person.name, recipient=given["recipient"])
    if given["state"] not in ("", State.APPROVED, State.GIVEN) or given["approved_by"] is not None:
        raise GiftError("gift.decided_elsewhere")
    if given["asked_by"] not in (None, given.by):
        raise GiftError("gift.asked_by_other", name=given["asked_by"].name or given["asked_by"].username)
    values, needs_approval = checked_gift(
        account=account,
        contact=person,
        is_official=bool(given["is_official"]),
        **given.plain("recipient", "kind", "what", "value", "on", "consent"),
    )
    if needs_approval:
        least = settings_of("gifts.")["approve_from"]
        raise GiftError("gift.approval_by_page", value=given["value"], least=least)
    if not given.is_check:
        # Two entries for one person at once would each see the year without the other.
        Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
    year = (Gift, f"{account.code}\n{values['recipient']}\n{values['on'].year}")
    beside = given.known.get(year, Decimal(0))
    check_year(values, beside)
    given.known[year] = beside + values["value"]
    return {**values, "state": given["state"] or State.APPROVED, "asked_by": given.by}


GIFTS = Sheet(
    "gifts",
    Gift,
    order=41,
    records=lambda _user, accounts: Gift.objects.filter(account__in=accounts).select_related(
        "account", "contact", "asked_by", "approved_by"
    ),
    told=_told,
    values=_values,
    words={
        "kind": {one: f"gift.kind.{one}" for one in Gift.Kind.values},
        "state": {one: f"gift.state.{one}" for one in State.values},
    },
)
