"""The sheets of departments, people of other customers, maps of topics, and lines of influence and conflict (K2, K9).

A topic that has no map yet is begun by the first row that names it, and goes again when the import is taken back.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet

from keyaccount.know.workbook.check import circles
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.imports.sheets.registry import Given, Refuse, Sheet, check_sees, text_of
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.models import Department, Influence, InfluenceMap, MapPerson, Tie
from keyaccount_web.know.structure.sheets import STAND_WORDS, placed, told_stand

STAND = ("roles", "stance", "political", "covered_by")


def _told_department(one: Department) -> dict[str, Any]:
    return {
        "account": one.account,
        "department_name": one.name,
        "belongs_to": one.parent,
        "place_in_order": one.order,
        "note": one.note,
    }


def _department(given: Given) -> dict[str, Any]:
    return {
        "account": given["account"],
        "name": given["department_name"],
        "parent": given["belongs_to"],
        "order": given["place_in_order"] or 0,
        "note": given["note"],
    }


def _belong(rows: Sequence[tuple[Any, Given]], refuse: Refuse) -> None:
    """Each to one that there is, or that comes by a row of its own; none to itself."""
    accounts = {given["account"].pk for _, given in rows if given["account"].pk}
    over: dict[str, str] = {}
    known: set[str] = set()
    for code, name, parent in Department.objects.filter(account__in=accounts).values_list(
        "account__code", "name", "parent"
    ):
        known.add(f"{code}\n{name}")
        if parent:
            over[f"{code}\n{name}"] = f"{code}\n{parent}"
    typed = Contact.objects.filter(account__in=accounts).exclude(department="")
    known |= {f"{code}\n{name}" for code, name in typed.values_list("account__code", "department")}
    told = {}
    for row, given in rows:
        code = given["account"].code
        own = f"{code}\n{given['department_name']}"
        told[own] = row
        over.pop(own, None)
        if given["belongs_to"]:
            over[own] = f"{code}\n{given['belongs_to']}"
    for own, row in told.items():
        if own in over and over[own] not in known and over[own] not in told:
            refuse(row, "belongs_to", "ref.unknown_department", {"value": over[own].partition("\n")[2]})
    for ring in circles(over):
        places = [f"{told[one].row.sheet}!{told[one].row.row}" for one in ring if one in told]
        shown = " → ".join(one.partition("\n")[2] for one in (*ring, ring[0]))
        for one in ring:
            if one in told:
                refuse(told[one], "belongs_to", "circle.departments", {"circle": shown, "places": places})


DEPARTMENTS = Sheet(
    "departments",
    Department,
    order=11,
    records=lambda _user, accounts: Department.objects.filter(account__in=accounts).select_related("account"),
    told=_told_department,
    values=_department,
    together=_belong,
)


def _ties(user: User, accounts: QuerySet[Account]) -> QuerySet[Tie]:
    """Those whose own customer is seen, too; of the others nobody is told who they are."""
    seen = Tie.objects.filter(account__in=accounts, contact__account__in=visible_accounts(user))
    return seen.select_related("account", "contact__account", "covered_by")


def _told_tie(one: Tie) -> dict[str, Any]:
    return {
        "account": one.account,
        "home_account": one.contact.account,
        "person": one.contact,
        "title_here": one.title,
        "since": one.since,
        "until": one.until,
        **told_stand(one),
    }


def _tie(given: Given) -> dict[str, Any]:
    if given["home_account"].code == given["account"].code:
        raise RecordError("people.own_tie", name=given["person"].name)
    services.check_tie(given["account"], given["person"], given["since"], given["until"])
    check_sees(given, "covered_by")
    return {
        "account": given["account"],
        "contact": given["person"],
        "title": given["title_here"],
        **given.plain(*STAND, "since", "until"),
        **placed(given),
    }


TIES = Sheet("ties", Tie, order=12, records=_ties, told=_told_tie, values=_tie, words=STAND_WORDS)


def _map(given: Given) -> InfluenceMap | None:
    """The topic's map, which the row begins where there is none; None: the standing one."""
    account, name = given["account"], given["topic_map"]
    if not name:
        return None
    known = (InfluenceMap, f"{account.code}\n{name.casefold()}")
    if known not in given.known:
        found = (
            InfluenceMap.objects.filter(account=account, name__iexact=name).first() if account.pk else None
        )
        if found is None:
            found = InfluenceMap(account=account, name=name)
            if not given.is_check:
                found.save()
                given.beside.append(found)
        given.known[known] = found
    held: InfluenceMap = given.known[known]
    return held


def _check_tied(given: Given, home: str, person: str) -> None:
    """At the check a tie may still come with the same workbook, or go on by it. Raises RecordError `people.other_account`."""
    if given[home] is None:
        return
    account, contact = given["account"], given[person]
    if not given.is_check:
        services.check_counts(account, contact)
        return
    known = (Tie, account.code)
    if known not in given.known:
        rows = Tie.objects.filter(account=account) if account.pk else Tie.objects.none()
        given.known[known] = set(rows.values_list("contact", flat=True))
    key = (account.code, given[home].code, text_of(contact).casefold())
    if given[home].code != account.code and contact.pk not in given.known[known] and key not in given.coming.get("ties", ()):  # fmt: skip
        raise RecordError("people.other_account", name=contact.name)


def _home(account: Account, contact: Contact) -> Account | None:
    return contact.account if contact.account_id != account.pk else None


def _on_maps(user: User, accounts: QuerySet[Account]) -> QuerySet[MapPerson]:
    here = Q(contact__account=F("map__account")) | Q(contact__account__in=visible_accounts(user))
    found = MapPerson.objects.filter(here, map__account__in=accounts)
    return found.select_related("map__account", "contact__account", "covered_by")


def _told_on_map(one: MapPerson) -> dict[str, Any]:
    account = one.map.account
    return {
        "account": account,
        "topic_map": one.map.name,
        "home_account": _home(account, one.contact),
        "person": one.contact,
        **told_stand(one),
    }


def _on_map(given: Given) -> dict[str, Any]:
    _check_tied(given, "home_account", "person")
    check_sees(given, "covered_by")
    return {"map": _map(given), "contact": given["person"], **given.plain(*STAND), **placed(given)}


MAP_PEOPLE = Sheet(
    "map_people",
    MapPerson,
    order=13,
    records=_on_maps,
    told=_told_on_map,
    values=_on_map,
    words=STAND_WORDS,
)


def _drawn(user: User, accounts: QuerySet[Account]) -> QuerySet[Influence]:
    seen = visible_accounts(user)
    here = [
        Q(**{f"{end}__account": F("account")}) | Q(**{f"{end}__account__in": seen})
        for end in ("source", "target")
    ]
    found = Influence.objects.filter(*here, account__in=accounts)
    return found.select_related("account", "map", "source__account", "target__account")


def _told_line(one: Influence) -> dict[str, Any]:
    return {
        "account": one.account,
        "topic_map": one.map.name if one.map else "",
        "from_account": _home(one.account, one.source),
        "from_person": one.source,
        "line_kind": one.kind,
        "to_account": _home(one.account, one.target),
        "to_person": one.target,
    }


def _line(given: Given) -> dict[str, Any]:
    source, target = given["from_person"], given["to_person"]
    if source is target or (source.pk is not None and source.pk == target.pk):
        raise RecordError("people.own_line", name=source.name)
    _check_tied(given, "from_account", "from_person")
    _check_tied(given, "to_account", "to_person")
    return {
        "account": given["account"],
        "map": _map(given),
        "source": source,
        "target": target,
        "kind": given["line_kind"],
    }


MAP_LINES = Sheet(
    "map_lines",
    Influence,
    order=14,
    records=_drawn,
    told=_told_line,
    values=_line,
    words={"line_kind": {one: f"people.line.{one}" for one in Influence.Kind.values}},
)
