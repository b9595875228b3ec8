"""The sheet of people: who reports to whom, what they do when their company buys, how they stand towards us (K2, K9)."""

from collections.abc import Sequence
from typing import Any

from keyaccount.know.relations import ROLES
from keyaccount.know.workbook.check import circles
from keyaccount_web.imports.sheets.registry import Given, Refuse, Sheet, check_sees
from keyaccount_web.know.models import Contact
from keyaccount_web.know.record_kit import RecordError
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.models import Relation, Stand

STAND_WORDS = {
    "roles": {one: f"people.roles.{one}" for one in ROLES},
    "stance": {one: f"people.stance.{one}" for one in Stand.Stance.values},
    "political": {one: f"people.political.{one}" for one in Stand.Political.values},
}
TOLD = ("reports_to", "roles", "stance", "political", "front_line", "covered_by")


def told_stand(one: Stand) -> dict[str, Any]:
    """What sheets say of somebody on a map."""
    names = ("roles", "stance", "political", "covered_by")
    return {**{name: getattr(one, name) for name in names}, "map_column": one.column, "map_row": one.row}


def placed(given: Given) -> dict[str, Any]:
    """Column and row. Raises RecordError `people.off_the_map`."""
    return services.cell({"column": given["map_column"], "row": given["map_row"]})


def _told(one: Relation) -> dict[str, Any]:
    return {
        "account": one.contact.account,
        "person": one.contact,
        "reports_to": one.reports_to,
        "front_line": one.front_line,
        **told_stand(one),
    }


def _values(given: Given) -> dict[str, Any]:
    person, above = given["person"], given["reports_to"]
    if above is not None and _who(person) == _who(above):
        raise RecordError("people.own_superior", name=person.name)
    check_sees(given, "covered_by")
    return {"contact": person, **given.plain(*TOLD), **placed(given)}


def _who(person: Contact) -> str:
    """By which somebody is told, kept or coming."""
    return str(person.pk or f"{person.account.code}\n{person.code or person.name}")


def _no_circles(rows: Sequence[tuple[Any, Given]], refuse: Refuse) -> None:
    """Nobody is above themselves, by the reporting lines there are and those that come."""
    accounts = {given["account"].pk for _, given in rows if given["account"].pk}
    kept = Relation.objects.filter(contact__account__in=accounts, reports_to__isnull=False)
    over: dict[str, str] = {}
    names: dict[str, str] = {}
    for one in kept.select_related("contact", "reports_to"):
        over[str(one.contact_id)] = str(one.reports_to_id)
        names |= {str(one.contact_id): one.contact.name, str(one.reports_to_id): str(one.reports_to)}
    told = {}
    for row, given in rows:
        who, above = _who(given["person"]), given["reports_to"]
        told[who] = row
        names[who] = given["person"].name
        over.pop(who, None)
        if above is not None:
            over[who] = _who(above)
            names.setdefault(_who(above), above.name)
    for ring in circles(over):
        coming = [who for who in ring if who in told]
        if not coming:
            continue
        # Told from its first row on.
        first = ring.index(min(coming, key=lambda who: told[who].row.row))
        ring = (*ring[first:], *ring[:first])
        places = [f"{told[who].row.sheet}!{told[who].row.row}" for who in ring if who in told]
        shown = " → ".join(names[who] for who in (*ring, ring[0]))
        for who in coming:
            refuse(told[who], "reports_to", "circle.superiors", {"circle": shown, "places": places})


PEOPLE = Sheet(
    "people",
    Relation,
    order=10,
    records=lambda _user, accounts: Relation.objects.filter(contact__account__in=accounts).select_related(
        "contact__account", "reports_to", "covered_by"
    ),
    told=_told,
    values=_values,
    together=_no_circles,
    words={
        **STAND_WORDS,
        "front_line": {one: f"people.front_line.{one}" for one in Relation.FrontLine.values},
    },
)
