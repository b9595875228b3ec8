"""Endpoints on maps of topics, people of other customers who count at an account, and its departments (K2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from ninja import Field, Router, Schema, Status

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import users_who_see, visible_accounts
from keyaccount_web.api.kit import ApiRequest, Done, Id, Input, Named, named, needs, one_of
from keyaccount_web.api.problems import ApiError, field_problem, refused
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import RecordChangedError, editors_only
from keyaccount_web.know.structure import departments, maps, services
from keyaccount_web.know.structure.arranging import COLUMNS, ROWS
from keyaccount_web.know.structure.models import Department, InfluenceMap, Relation, Tie
from keyaccount_web.know.structure.reading import name_for, stand_on

more = Router(tags=["people"])
VERSION = Field(ge=0, le=2**31 - 1, description="What was read; 0: nothing was known.")
ROLES = "decision_maker, approver, buyer, user, influencer, gatekeeper"


class MapIn(Input):
    """A map of a topic; a copy begins with all that the standing map says."""

    name: str = Field(max_length=60)
    is_copy: bool = False


class MapChange(Input):
    """Its new name."""

    name: str = Field(max_length=60)
    version: int = VERSION


class MapOut(Schema):
    """A map of a topic."""

    id: int
    account: Named
    name: str
    version: int


class StandIn(Input):
    """What somebody is on a map. What is left out stays; null or an empty list: not known; `column` and `row` null: parked."""

    roles: list[str] | None = Field(None, max_length=6, description=ROLES)
    stance: Relation.Stance | None = None
    political: Relation.Political | None = None
    covered_by_id: Id | None = Field(None, description="Who of us keeps in touch; who sees the account.")
    column: int | None = Field(None, ge=0, lt=COLUMNS)
    row: int | None = Field(None, ge=0, lt=ROWS)
    version: int = VERSION


class StandOut(Schema):
    """What somebody is on a map."""

    person: Named
    roles: list[str]
    stance: str
    political: str
    covered_by: Named | None
    column: int | None
    row: int | None
    version: int


class TieChange(StandIn):
    """What somebody of another customer's is here. What is left out stays."""

    title: str = Field("", max_length=60)
    since: date | None = None
    until: date | None = Field(None, description="The last day; null: it goes on.")


class TieIn(TieChange):
    """Somebody of another customer's who counts here, too: one of those that you see."""

    contact_id: Id
    version: int = Field(0, ge=0, le=0)


class TieOut(StandOut):
    """Somebody of another customer's who counts here, too."""

    id: int
    home: Named | None = Field(description="Their own customer; null: you may not see it.")
    title: str
    since: date | None
    until: date | None


class DepartmentIn(Input):
    """A department; a name that people's files have already becomes a record."""

    name: str = Field(max_length=60)
    parent: str = Field(
        "", max_length=60, description="Name of the one that it belongs to; empty: the company."
    )
    order: int = Field(0, ge=0, le=999)
    note: str = Field("", max_length=500)
    people_ids: list[Id] | None = Field(
        None, max_length=1000, description="Exactly who sits there; null: as it is."
    )


class DepartmentChange(DepartmentIn):
    """What is left out stays."""

    name: str = Field("", max_length=60)
    version: int = VERSION


class DepartmentOut(Schema):
    """Above before below. `id` null: so far only people's files name it."""

    id: int | None
    name: str
    parent: str
    depth: int
    order: int
    note: str
    people: list[Named]
    version: int


@contextmanager
def _in_time() -> Iterator[None]:
    """Who is late gets 409."""
    try:
        yield
    except RecordChangedError as error:
        raise ApiError(error.code, status=409, **error.values) from error


def _edited(request: ApiRequest, rows: Any, pk: int) -> Any:
    """A record of an account that may be seen, by somebody who may edit."""
    found = one_of(rows.filter(account__in=visible_accounts(request.user)).select_related("account"), pk)
    editors_only(request)
    return found


def _account(request: ApiRequest, pk: int) -> Account:
    account = one_of(visible_accounts(request.user), pk)
    editors_only(request)
    return account


def _colleague(account: Account, pk: int | None) -> User | None:
    found = users_who_see(account).filter(pk=pk).first() if pk is not None else None
    if pk is not None and found is None:
        raise refused(field_problem("covered_by_id", "no_colleague", account=account.name))
    return found


def _values(account: Account, told: StandIn, held: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What is to be kept: what was sent, else what was."""
    sent = told.dict(exclude_unset=True, exclude={"version", "contact_id"})
    if ("column" in sent) != ("row" in sent) or (sent.get("column") is None) != (sent.get("row") is None):
        raise refused(field_problem("row" if sent.get("row") is None else "column", "missing"))
    if "covered_by_id" in sent:
        sent["covered_by"] = _colleague(account, sent.pop("covered_by_id"))
    values = {name: getattr(held, name) for name in names} if held is not None else {}
    values |= sent
    return (
        values
        | {name: values.get(name) or "" for name in ("stance", "political")}
        | {"roles": values.get("roles") or []}
    )


def _stand(request: ApiRequest, account: Account, one: Any) -> dict[str, Any]:
    names = ("roles", "stance", "political", "column", "row", "version")
    return {
        "person": {"id": one.contact.pk, "name": name_for(request.user, account, one.contact)},
        "covered_by": named(one.covered_by),
        **{name: getattr(one, name) for name in names},
    }


def _map(one: InfluenceMap) -> dict[str, Any]:
    return {"id": one.pk, "account": named(one.account), "name": one.name, "version": one.version}


@more.get(
    "/accounts/{account_id}/maps", auth=needs("read"), response=list[MapOut], summary="Its maps of topics"
)
def list_maps(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    return [_map(one) for one in account.maps.select_related("account")]


@more.post(
    "/accounts/{account_id}/maps",
    auth=needs("write"),
    response={201: MapOut},
    summary="Begin a map of a topic",
)
def add_map(request: ApiRequest, account_id: Id, told: MapIn) -> Any:
    return Status(201, _map(maps.add_map(_account(request, account_id), told.name, is_copy=told.is_copy)))


@more.patch("/maps/{map_id}", auth=needs("write"), response=MapOut, summary="Rename a map of a topic")
def change_map(request: ApiRequest, map_id: Id, told: MapChange) -> Any:
    held = _edited(request, InfluenceMap.objects, map_id)
    with _in_time():
        return _map(maps.rename_map(held, told.name, version=told.version))


@more.delete("/maps/{map_id}", auth=needs("write"), response=Done, summary="Remove a map of a topic")
def remove_map(request: ApiRequest, map_id: Id) -> Any:
    """With what it says; the people stay."""
    maps.remove_map(_edited(request, InfluenceMap.objects, map_id))
    return {}


@more.patch(
    "/maps/{map_id}/people/{contact_id}",
    auth=needs("write"),
    response=StandOut,
    summary="Put somebody on a topic's map, or change them",
)
def change_on_map(request: ApiRequest, map_id: Id, contact_id: Id, told: StandIn) -> Any:
    """Of the account's people, or of those tied to it."""
    chosen = _edited(request, InfluenceMap.objects, map_id)
    contact = _on(chosen.account, contact_id)
    held = stand_on(chosen.account, chosen, contact)
    values = _values(chosen.account, told, held, services.ON_A_MAP)
    with _in_time():
        return _stand(
            request, chosen.account, services.keep_stand(chosen, contact, version=told.version, values=values)
        )


@more.delete(
    "/maps/{map_id}/people/{contact_id}",
    auth=needs("write"),
    response=Done,
    summary="Take somebody off a topic's map",
)
def leave_map(request: ApiRequest, map_id: Id, contact_id: Id) -> Any:
    """With their lines there."""
    chosen = _edited(request, InfluenceMap.objects, map_id)
    services.leave_map(chosen, _on(chosen.account, contact_id))
    return {}


def _on(account: Account, pk: int) -> Contact:
    return one_of(services.members_of(account), pk)


def _tie(request: ApiRequest, one: Tie) -> dict[str, Any]:
    home = visible_accounts(request.user).filter(pk=one.contact.account_id).first()
    return {
        **_stand(request, one.account, one),
        "id": one.pk,
        "home": named(home),
        **{name: getattr(one, name) for name in ("title", "since", "until")},
    }


@more.post(
    "/accounts/{account_id}/ties",
    auth=needs("write"),
    response={201: TieOut},
    summary="Say that somebody of another customer's counts here, too",
)
def add_tie(request: ApiRequest, account_id: Id, told: TieIn) -> Any:
    account = _account(request, account_id)
    seen = Contact.objects.filter(account__in=visible_accounts(request.user)).select_related("account")
    contact = seen.filter(pk=told.contact_id).first()
    if contact is None:
        raise refused(field_problem("contact_id", "nobody", account=account.name))
    values = _values(account, told, None, ())
    return Status(201, _tie(request, services.keep_tie(account=account, contact=contact, **values)))


@more.patch(
    "/ties/{tie_id}",
    auth=needs("write"),
    response=TieOut,
    summary="Change what somebody of another customer's is here",
)
def change_tie(request: ApiRequest, tie_id: Id, told: TieChange) -> Any:
    held = _edited(request, Tie.objects.select_related("contact__account", "covered_by"), tie_id)
    values = _values(held.account, told, held, (*services.ON_A_MAP, "title", "since", "until"))
    with _in_time():
        kept = services.keep_tie(
            account=held.account, contact=held.contact, record=held, version=told.version, **values
        )
    return _tie(request, kept)


@more.delete(
    "/ties/{tie_id}",
    auth=needs("write"),
    response=Done,
    summary="Somebody of another customer's does not count here",
)
def remove_tie(request: ApiRequest, tie_id: Id) -> Any:
    _edited(request, Tie.objects, tie_id).delete()
    return {}


def _unit(one: departments.Unit) -> dict[str, Any]:
    held = one.record
    return {
        "id": held.pk if held else None,
        "name": one.name,
        "parent": held.parent if held else "",
        "depth": one.depth,
        "order": held.order if held else 0,
        "note": held.note if held else "",
        "people": [{"id": person.pk, "name": person.name} for person in one.people],
        "version": held.version if held else 0,
    }


def _again(account: Account, kept: Department) -> dict[str, Any]:
    return next(_unit(one) for one in departments.departments_of(account) if one.name == kept.name)


@more.get(
    "/accounts/{account_id}/departments",
    auth=needs("read"),
    response=list[DepartmentOut],
    summary="Its departments, and who sits there",
)
def list_departments(request: ApiRequest, account_id: Id) -> Any:
    return [
        _unit(one) for one in departments.departments_of(one_of(visible_accounts(request.user), account_id))
    ]


@more.post(
    "/accounts/{account_id}/departments",
    auth=needs("write"),
    response={201: DepartmentOut},
    summary="Add a department",
)
def add_department(request: ApiRequest, account_id: Id, told: DepartmentIn) -> Any:
    account = _account(request, account_id)
    values = told.dict(exclude={"people_ids"})
    kept = departments.keep_department(account, values=values, people=_sitting(account, told))
    return Status(201, _again(account, kept))


@more.patch(
    "/departments/{department_id}", auth=needs("write"), response=DepartmentOut, summary="Change a department"
)
def change_department(request: ApiRequest, department_id: Id, told: DepartmentChange) -> Any:
    """A new name is given to all who sit there."""
    held = _edited(request, Department.objects, department_id)
    sent = told.dict(exclude_unset=True, exclude={"version", "people_ids"})
    values = {name: getattr(held, name) for name in ("name", "parent", "order", "note")} | sent
    with _in_time():
        kept = departments.keep_department(
            held.account,
            values=values,
            record=held,
            version=told.version,
            people=_sitting(held.account, told),
        )
    return _again(held.account, kept)


def _sitting(account: Account, told: DepartmentIn) -> list[Contact] | None:
    if told.people_ids is None:
        return None
    found = list(account.contacts.filter(pk__in=told.people_ids))
    if len(found) != len(set(told.people_ids)):
        raise refused(field_problem("people_ids", "nobody", account=account.name))
    return found


@more.delete(
    "/departments/{department_id}",
    auth=needs("write"),
    response=Done,
    summary="Remove a department where nobody sits",
)
def remove_department(request: ApiRequest, department_id: Id) -> Any:
    departments.remove_department(_edited(request, Department.objects, department_id))
    return {}
