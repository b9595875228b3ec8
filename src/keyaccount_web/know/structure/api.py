"""Endpoints on the people of an account: how they stand, who sways whom, what is missing (K2)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from ninja import Field, Router, Schema, Status

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see, visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, Named, named, needs, one_of
from keyaccount_web.api.problems import ApiError, field_problem, refused
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.needs.services import single_voices
from keyaccount_web.know.record_kit import RecordChangedError, editors_only
from keyaccount_web.know.structure import services
from keyaccount_web.know.structure.arranging import COLUMNS, ROWS, arrange
from keyaccount_web.know.structure.models import Influence, InfluenceMap, Relation
from keyaccount_web.know.structure.more_api import more
from keyaccount_web.know.structure.reading import Person, name_for, people_map, people_of
from keyaccount_web.shell.templatetags.pages import lang

router = Router(tags=["people"])
router.add_router("", more)
VERSION = Field(ge=0, le=2**31 - 1, description="What was read; 0: nothing was known.")


class PersonChange(Input):
    """How a person stands. What is left out stays; null or an empty list: not known."""

    reports_to_id: Id | None = None
    roles: list[str] | None = Field(
        None,
        max_length=6,
        description="decision_maker, approver, buyer, user, influencer, gatekeeper",
    )
    stance: Relation.Stance | None = None
    political: Relation.Political | None = None
    front_line: Relation.FrontLine | None = None
    covered_by_id: Id | None = Field(None, description="Who of us keeps in touch; who sees the account.")
    version: int = VERSION


class PlaceIn(Input):
    """Where on the map; both null: parked."""

    column: int | None = Field(ge=0, lt=COLUMNS)
    row: int | None = Field(ge=0, lt=ROWS)
    version: int = VERSION


class LineIn(Input):
    """Who sways whom, or is at odds with whom."""

    source_id: Id
    target_id: Id
    kind: Influence.Kind
    map_id: Id | None = Field(None, description="A topic's map of the account; null: the standing one.")


class PersonOut(Schema):
    """A contact with what we know of them. `version` is to be sent back with a change."""

    id: int
    account: Named | None = Field(description="Their own; null: of another customer that you may not see.")
    tie_id: int | None = Field(description="Of people of other customers who count here, too.")
    is_on_map: bool
    name: str
    title: str
    department: str
    reports_to: Named | None
    roles: list[str]
    stance: str
    political: str
    front_line: str
    covered_by: Named | None
    is_key_player: bool
    column: int | None
    row: int | None
    touches: int = Field(description="In the last twelve months.")
    last_touch: datetime | None
    version: int


class LineOut(Schema):
    """A line of influence, or of conflict."""

    id: int
    source: Named
    target: Named
    kind: str
    map: Named | None


class AdviceOut(Schema):
    """What is missing, and what to do about it."""

    code: str
    text: str


class PeopleOut(Schema):
    """Superiors before those below them; the light by how many decide for us."""

    map: Named | None = Field(description="The topic's map; null: the standing one.")
    light: str = Field(description="red, amber or green")
    light_text: str
    supporters: int
    opponents: int
    warnings: list[AdviceOut]
    people: list[PersonOut]
    lines: list[LineOut]


def _person(one: Person, seen: Collection[int] | None = None) -> dict[str, Any]:
    """`seen`: accounts of tied people that the reader may open."""
    own, told, contact, tie = one.relation, one.stand, one.contact, one.tie
    above = own.reports_to if own else None
    return {
        "id": contact.pk,
        "name": contact.name,
        "account": named(contact.account) if tie is None or contact.account_id in (seen or ()) else None,
        "tie_id": tie.pk if tie else None,
        "is_on_map": told is not None,
        "title": tie.title if tie else contact.title,
        "department": "" if tie else contact.department,
        **{name: getattr(told, name) if told else "" for name in ("stance", "political")},
        "front_line": own.front_line if own else "",
        "reports_to": named(above if above and above.account_id == contact.account_id else None),
        "roles": told.roles if told else [],
        "covered_by": named(told.covered_by if told else None),
        "is_key_player": one.state.is_key_player,
        "column": told.column if told else None,
        "row": told.row if told else None,
        "touches": one.touches,
        "last_touch": one.last_touch,
        "version": told.version if told else 0,
    }


def _line(one: Influence) -> dict[str, Any]:
    ends = {
        name: {"id": end.pk, "name": end.name}
        for name, end in (("source", one.source), ("target", one.target))
    }
    return {"id": one.pk, **ends, "kind": one.kind, "map": named(one.map)}


def _contacts(request: ApiRequest) -> QuerySet[Contact]:
    return Contact.objects.filter(account__in=visible_accounts(request.user))


def _again(request: ApiRequest, contact: Contact) -> dict[str, Any]:
    return _person(people_of(_contacts(request).filter(pk=contact.pk))[0])


def _to_edit(request: ApiRequest, contact_id: int) -> Contact:
    contact = one_of(_contacts(request).select_related("account"), contact_id)
    editors_only(request)
    return contact


def _at(account: Account, field: str, pk: int) -> Contact:
    """One of the account's people. Raises ApiError `api.invalid` for anybody else, seen or not."""
    found = account.contacts.filter(pk=pk).first()
    if found is None:
        raise refused(field_problem(field, "nobody", account=account.name))
    return found


def _there(account: Account, field: str, pk: int) -> Contact:
    """One of the account's people, or of those tied to it."""
    found = services.members_of(account).filter(pk=pk).first()
    if found is None:
        raise refused(field_problem(field, "nobody", account=account.name))
    return found


def map_of(account: Account, pk: int | None) -> InfluenceMap | None:
    return None if pk is None else one_of(account.maps.all(), pk)


def _superior(account: Account, pk: int) -> Contact:
    return _at(account, "reports_to_id", pk)


def _colleague(account: Account, pk: int) -> User:
    found = users_who_see(account).filter(pk=pk).first()
    if found is None:
        raise refused(field_problem("covered_by_id", "no_colleague", account=account.name))
    return found


@router.get(
    "/accounts/{account_id}/people",
    auth=needs("read"),
    response=PeopleOut,
    summary="Its people, who sways whom, and what is missing",
)
def list_people(request: ApiRequest, account_id: Id, map_id: Id | None = None) -> Any:
    """`map_id`: a topic's map, whose people and checks are its own; without it the standing one."""
    account = one_of(visible_accounts(request.user), account_id)
    chosen = map_of(account, map_id)
    needs = 0 if chosen else len(single_voices([account.pk]).get(account.pk, []))
    told = people_map(account, chosen, single_needs=needs, reader=request.user)
    return {
        "map": named(chosen),
        "light": told.told.light,
        "light_text": message(f"people.light.{told.told.light}", lang()),
        "supporters": told.told.supporters,
        "opponents": told.told.opponents,
        "warnings": [{"code": one.code, "text": one.text(lang())} for one in told.told.warnings],
        "people": [_person(one, told.seen) for one in told.people],
        "lines": [_line(one) for one in told.lines],
    }


@router.get("/people/{contact_id}", auth=needs("read"), response=PersonOut, summary="How a person stands")
def read_person(request: ApiRequest, contact_id: Id) -> Any:
    return _again(request, one_of(_contacts(request), contact_id))


@router.patch(
    "/people/{contact_id}", auth=needs("write"), response=PersonOut, summary="Change how a person stands"
)
def change_person(request: ApiRequest, contact_id: Id, told: PersonChange) -> Any:
    """A superior is of the same account and not below the person; who is late gets 409."""
    contact = _to_edit(request, contact_id)
    held = Relation.objects.filter(contact=contact).select_related("reports_to", "covered_by").first()
    values = {name: getattr(held, name, None) for name in services.FIELDS}
    sent = told.dict(exclude_unset=True, exclude={"version"})
    for name, find in (("reports_to", _superior), ("covered_by", _colleague)):
        if f"{name}_id" in sent:
            pk = sent.pop(f"{name}_id")
            values[name] = None if pk is None else find(contact.account, pk)
    try:
        services.keep_relation(contact, version=told.version, values=values | sent)
    except RecordChangedError as error:
        raise ApiError(error.code, status=409, **error.values) from error
    return _again(request, contact)


@router.put(
    "/people/{contact_id}/place", auth=needs("write"), response=PersonOut, summary="Place a person on the map"
)
def place_person(request: ApiRequest, contact_id: Id, told: PlaceIn) -> Any:
    contact = _to_edit(request, contact_id)
    if (told.column is None) != (told.row is None):
        raise refused(field_problem("row" if told.row is None else "column", "missing"))
    try:
        services.place(contact, told.column, told.row, version=told.version)
    except RecordChangedError as error:
        raise ApiError(error.code, status=409, **error.values) from error
    return _again(request, contact)


@router.post(
    "/accounts/{account_id}/people/arrange",
    auth=needs("write"),
    response=PeopleOut,
    summary="Arrange the map by reporting lines",
)
def arrange_people(request: ApiRequest, account_id: Id, map_id: Id | None = None) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    arrange(account, map_of(account, map_id))
    return list_people(request, account_id, map_id)


@router.post(
    "/accounts/{account_id}/influence",
    auth=needs("write"),
    response={200: LineOut, 201: LineOut},
    summary="Draw a line between two people",
)
def add_line(request: ApiRequest, account_id: Id, told: LineIn) -> Any:
    """201; 200 where it was there already."""
    account = one_of(visible_accounts(request.user), account_id)
    editors_only(request)
    ends = [_there(account, name, getattr(told, name)) for name in ("source_id", "target_id")]
    chosen = map_of(account, told.map_id)
    line, is_new = services.line(ends[0], ends[1], told.kind, account=account, chosen=chosen)
    line.source, line.target, line.map = *ends, chosen
    for end in ends:
        end.name = name_for(request.user, account, end)
    return Status(201 if is_new else 200, _line(line))


@router.delete("/influence/{line_id}", auth=needs("write"), response=Done, summary="Erase a line")
def remove_line(request: ApiRequest, line_id: Id) -> Any:
    line = one_of(Influence.objects.filter(account__in=visible_accounts(request.user)), line_id)
    editors_only(request)
    line.delete()
    return {}
