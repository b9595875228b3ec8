"""Endpoints on accounts, their people and their invoice lines (K1, K2)."""

from datetime import date, datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Field, Router, Schema, Status

from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.api.kit import (
    ApiRequest,
    Cursor,
    Done,
    Id,
    Input,
    Limit,
    Named,
    add_list,
    by_number,
    in_query,
    named,
    needs,
    one_of,
)
from keyaccount_web.api.problems import ApiError, conflict, field_problem, of_form, refused
from keyaccount_web.duplicates.entry import NewAccountForm, make_account, similar_to
from keyaccount_web.duplicates.similar import SimilarAccount
from keyaccount_web.know import contact_services
from keyaccount_web.know.contacts import ContactForm
from keyaccount_web.know.history import versions_of
from keyaccount_web.know.lines import found_lines
from keyaccount_web.know.listings import ACCOUNTS, CONTACTS
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.services import EDITABLE, EditConflictError, edit_account
from keyaccount_web.know.team_api import router as team_router
from keyaccount_web.know.views import AccountForm
from keyaccount_web.lists.exports import json_value
from keyaccount_web.runs.services import current_run, reasons_for, result
from keyaccount_web.shell.templatetags.pages import lang

router = Router(tags=["accounts"])
router.add_router("", team_router)


class ReasonOut(Schema):
    """Why, in the reader's language."""

    code: str
    text: str


class FiguresOut(Schema):
    """The figures of the current run; shares only with the right to figures of the whole company."""

    run_id: int
    sales: str
    profit: str | None
    sales_year_before: str
    sales_rank: int | None
    orders: int
    active_months: int
    in_set: bool
    verdict: str
    sales_share: float | None = None
    sales_running_share: float | None = None
    reasons: list[ReasonOut]


class AccountOut(Schema):
    """An account. `version` is to be sent back with a change."""

    id: int
    code: str
    name: str
    region: str
    industry: str
    channel: str
    address: str
    tax_number: str
    website: str
    remark: str
    parent: Named | None
    unit: Named | None
    owner: Named | None
    version: int
    updated_at: datetime
    figures: FiguresOut | None = None


class NewAccount(Input):
    """Only the name is compulsory; where accounts are alike, a reason is, too."""

    name: str = Field(min_length=1, max_length=200)
    code: str | None = Field(None, max_length=100)
    tax_number: str = Field("", max_length=30)
    region: str = Field("", max_length=60)
    industry: str = Field("", max_length=60)
    address: str = Field("", max_length=200)
    contact_name: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)
    reason: str = Field("", max_length=200, description="Why it is made although another is alike.")


class AccountChange(Input):
    """What is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    region: str | None = Field(None, max_length=60)
    industry: str | None = Field(None, max_length=60)
    channel: str | None = Field(None, max_length=60)
    address: str | None = Field(None, max_length=200)
    tax_number: str | None = Field(None, max_length=30)
    website: str | None = Field(None, max_length=200)
    remark: str | None = Field(None, max_length=2000)
    version: int | None = Field(
        None, ge=0, le=2**31 - 1, description="What was read, where no If-Match is sent."
    )


class ContactIn(Input):
    """Somebody at the customer's."""

    name: str = Field(min_length=1, max_length=60)
    title: str = Field("", max_length=60)
    department: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)
    email: str = Field("", max_length=254)


class ContactChange(Input):
    """What is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=60)
    title: str | None = Field(None, max_length=60)
    department: str | None = Field(None, max_length=60)
    phone: str | None = Field(None, max_length=30)
    email: str | None = Field(None, max_length=254)
    version: int | None = Field(None, ge=0, le=2**53 - 1)


class ContactOut(Schema):
    """A contact. `version` is to be sent back with a change."""

    id: int
    account: Named
    name: str
    title: str
    department: str
    phone: str
    email: str
    version: int


class FieldChangeOut(Schema):
    """What stood in a field before and after."""

    field: str
    before: str | None
    after: str | None


class VersionOut(Schema):
    """One change of an account."""

    id: int
    at: datetime
    by: str | None
    """Name of who made it; null: by itself, or by somebody who is gone."""
    kind: Literal["made", "changed", "removed"]
    changes: list[FieldChangeOut]


class LineTotal(Schema):
    """What all lines sum up to, not only those of this page."""

    lines: int
    net_amount: str | None


class LinesOut(Schema):
    """Invoice lines, newest first, with the columns that the ledger has."""

    items: list[dict[str, Any]]
    after: str | None
    total: LineTotal


add_list(router, "/accounts", ACCOUNTS, summary="The list of accounts")
add_list(router, "/contacts", CONTACTS, summary="The list of contacts")


def _editors_only(request: ApiRequest) -> None:
    if not may(request.user, Right.EDIT_ACCOUNTS):
        raise PermissionDenied


def _accounts(request: ApiRequest) -> QuerySet[Account]:
    return visible_accounts(request.user).select_related("owner", "unit", "parent", "figures")


def _account(request: ApiRequest, account: Account) -> dict[str, Any]:
    names = ("id", "code", *EDITABLE, "version", "updated_at")
    told = {name: getattr(account, name) for name in names}
    parent = (
        visible_accounts(request.user).filter(pk=account.parent_id).first() if account.parent_id else None
    )
    told |= {"parent": named(parent), "unit": named(account.unit), "owner": named(account.owner)}
    return {**told, "figures": _figures(request, account)}


def _figures(request: ApiRequest, account: Account) -> dict[str, Any] | None:
    figures, run = getattr(account, "figures", None), current_run()
    if figures is None or run is None:
        return None
    names = [
        "run_id",
        "sales",
        "profit",
        "sales_year_before",
        "sales_rank",
        "orders",
        "active_months",
        "in_set",
        "verdict",
    ]
    names += ["sales_share", "sales_running_share"] if may(request.user, Right.COMPANY_FIGURES) else []
    rows = result(run, [account.code]).to_pylist()[:1]
    reasons = [reason for row in rows for reason in reasons_for(request.user, run, row)]
    return {
        **{name: json_value(getattr(figures, name)) for name in names},
        "reasons": [{"code": one.code, "text": one.text(lang())} for one in reasons],
    }


def etag(version: int) -> str:
    return f'"{version}"'


def version_sent(request: ApiRequest, told: int | None) -> int:
    """By If-Match, else by the body. Raises ApiError `api.version_missing`."""
    header = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
    if header:
        if not (header.isascii() and header.isdecimal() and len(header) < 16):
            raise refused(field_problem("If-Match", "version"))
        return int(header)
    if told is None:
        raise ApiError("api.version_missing", status=428)
    return told


@router.post("/accounts", auth=needs("write"), response={201: AccountOut}, summary="Make an account")
def make(request: ApiRequest, told: NewAccount, response: HttpResponse) -> Any:
    """Where accounts are alike, and no `reason` is given, the answer is 409 with `similar`."""
    _editors_only(request)
    form = NewAccountForm(told.dict(exclude_none=True))
    if not form.is_valid():
        raise of_form(form)
    found = similar_to(form.cleaned_data, request.user)
    if found and not form.cleaned_data["reason"].strip():
        raise ApiError(
            "account.similar", status=409, more={"similar": [similar_out(one) for one in found]}, n=len(found)
        )
    account = make_account(form, found, request.user)
    response.headers["ETag"] = etag(account.version)
    return Status(201, _account(request, account))


def similar_out(one: SimilarAccount) -> dict[str, Any]:
    """Of an account that may not be seen: name and owner, so that one can ask, and nothing else."""
    owner = one.account.owner
    told: dict[str, Any] = {"name": one.account.name, "owner": owner.name if owner else None}
    told |= {"is_visible": one.is_visible, "score": one.score}
    if one.is_visible:
        told |= {"id": one.account.pk, "code": one.account.code}
        told["reasons"] = [{"code": each.code, "text": each.text(lang())} for each in one.reasons]
    return told


@router.get(
    "/accounts/{account_id}",
    auth=needs("read"),
    response={200: AccountOut, 304: None},
    exclude_unset=True,
    summary="An account",
)
def read_account(request: ApiRequest, account_id: Id, response: HttpResponse) -> Any:
    account = one_of(_accounts(request), account_id)
    response.headers["ETag"] = etag(account.version)
    return _account(request, account)


@router.patch(
    "/accounts/{account_id}",
    auth=needs("write"),
    response=AccountOut,
    exclude_unset=True,
    summary="Change an account",
)
def change_account(request: ApiRequest, account_id: Id, told: AccountChange, response: HttpResponse) -> Any:
    """With the version that was read (If-Match or `version`); who is late gets 409 with both values, and nothing is written."""
    account = one_of(_accounts(request), account_id)
    _editors_only(request)
    changes = told.dict(exclude_unset=True, exclude_none=True, exclude={"version"})
    version = version_sent(request, told.version)
    now = {name: getattr(account, name) for name in EDITABLE}
    form = AccountForm(
        {**now, **changes, "version": version}, instance=Account(pk=account.pk, code=account.code)
    )
    if not form.is_valid():
        raise of_form(form)
    cleaned = {name: form.cleaned_data[name] for name in changes}
    try:
        edit_account(account_id, cleaned, version=version, user=request.user, all_meant=True)
    except EditConflictError as error:
        differ = {name: (cleaned[name], theirs) for name, theirs in error.theirs.items()}
        raise conflict(error.code, differ, version=error.account.version, **error.values) from error
    account = one_of(_accounts(request), account_id)
    response.headers["ETag"] = etag(account.version)
    return _account(request, account)


@router.get(
    "/accounts/{account_id}/history",
    auth=needs("read"),
    response=list[VersionOut],
    summary="Who changed what of it, newest first",
)
def list_history(request: ApiRequest, account_id: Id) -> Any:
    """The last hundred changes."""
    kinds = {"+": "made", "~": "changed", "-": "removed"}
    return [
        {
            "id": one.entry.history_id,
            "at": one.entry.history_date,
            "by": one.entry.history_user.name if one.entry.history_user else None,
            "kind": kinds[one.entry.history_type],
            "changes": [
                {"field": name, "before": _text(before), "after": _text(after)}
                for name, before, after in one.changes
            ],
        }
        for one in versions_of(one_of(visible_accounts(request.user), account_id))
    ]


def _text(value: Any) -> str | None:
    return None if value in (None, "") else str(value)


@router.get(
    "/accounts/{account_id}/lines", auth=needs("read"), response=LinesOut, summary="Its invoice lines"
)
def list_lines(
    request: ApiRequest,
    account_id: Id,
    limit: Limit,
    after: Cursor = None,
    first: date | None = in_query(None, description="First day."),
    last: date | None = in_query(None, description="Last day."),
    account: str | None = in_query(None, max_length=100, description="Code of one of the accounts below it."),
    product: str | None = in_query(None, max_length=200),
    order: str | None = in_query(None, max_length=200, description="Empty: lines without an order."),
) -> Any:
    """Of the account and those below it, as far as they may be seen, at the snapshot of the current run."""
    at = by_number(after)
    found = found_lines(
        request.user,
        one_of(visible_accounts(request.user), account_id),
        first=first,
        last=last,
        code=account,
        product=product,
        order=order,
        offset=at,
        limit=limit,
    )
    n = found.total["n"]
    return {
        "items": [{name: json_value(value) for name, value in row.items()} for row in found.rows],
        "after": str(at + limit) if at + limit < n else None,
        "total": {"lines": n, "net_amount": json_value(found.total["amount"])},
    }


# --- contacts


def _contact(contact: Contact, version: int | None = None) -> dict[str, Any]:
    told = {name: getattr(contact, name) for name in ("id", *contact_services.FIELDS)}
    version = contact_services.version_of(contact) if version is None else version
    return {**told, "account": named(contact.account), "version": version}


def _contacts(request: ApiRequest) -> QuerySet[Contact]:
    return Contact.objects.filter(account__in=visible_accounts(request.user)).select_related("account")


@router.get(
    "/accounts/{account_id}/contacts",
    auth=needs("read"),
    response=list[ContactOut],
    summary="Its contacts",
    tags=["contacts"],
)
def list_contacts_of(request: ApiRequest, account_id: Id) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    found = list(_contacts(request).filter(account=account))
    versions = contact_services.versions_of(one.pk for one in found)
    return [_contact(one, versions.get(one.pk, 0)) for one in found]


@router.post(
    "/accounts/{account_id}/contacts",
    auth=needs("write"),
    response={201: ContactOut},
    summary="Add a contact",
    tags=["contacts"],
)
def add_contact(request: ApiRequest, account_id: Id, told: ContactIn) -> Any:
    account = one_of(visible_accounts(request.user), account_id)
    _editors_only(request)
    form = ContactForm(told.dict())
    if not form.is_valid():
        raise of_form(form)
    return Status(201, _contact(contact_services.add_contact(account, form.cleaned_data)))


@router.get(
    "/contacts/{contact_id}", auth=needs("read"), response=ContactOut, summary="A contact", tags=["contacts"]
)
def read_contact(request: ApiRequest, contact_id: Id, response: HttpResponse) -> Any:
    told = _contact(one_of(_contacts(request), contact_id))
    response.headers["ETag"] = etag(told["version"])
    return told


@router.patch(
    "/contacts/{contact_id}",
    auth=needs("write"),
    response=ContactOut,
    summary="Change a contact",
    tags=["contacts"],
)
def change_contact(request: ApiRequest, contact_id: Id, told: ContactChange, response: HttpResponse) -> Any:
    contact = one_of(_contacts(request), contact_id)
    _editors_only(request)
    changes = told.dict(exclude_unset=True, exclude_none=True, exclude={"version"})
    version = version_sent(request, told.version)
    now = {name: getattr(contact, name) for name in contact_services.FIELDS}
    form = ContactForm({**now, **changes})
    if not form.is_valid():
        raise of_form(form)
    cleaned = {name: form.cleaned_data[name] for name in changes}
    try:
        changed = contact_services.edit_contact(contact_id, cleaned, version=version)
    except contact_services.ContactConflictError as error:
        differ = {name: (cleaned[name], theirs) for name, theirs in error.theirs.items()}
        at = contact_services.version_of(error.contact)
        raise conflict(error.code, differ, version=at, **error.values) from error
    answer = _contact(changed)
    response.headers["ETag"] = etag(answer["version"])
    return answer


@router.delete(
    "/contacts/{contact_id}",
    auth=needs("write"),
    response=Done,
    summary="Remove a contact",
    tags=["contacts"],
)
def remove_contact(
    request: ApiRequest, contact_id: Id, version: int | None = in_query(None, ge=0, le=2**53 - 1)
) -> Any:
    contact = one_of(_contacts(request), contact_id)
    _editors_only(request)
    contact_services.remove_contact(contact, version=version_sent(request, version))
    return {}
