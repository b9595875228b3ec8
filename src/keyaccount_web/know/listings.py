"""The lists of accounts and of contacts, declared (K1, T3)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from keyaccount.find.sentences import verdict_name
from keyaccount.find.verdicts import VERDICTS
from keyaccount.language import message
from keyaccount_web.access.models import OrgUnit
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import (
    accounts_by_team,
    current_posts,
    may,
    of_visible,
    units_below,
    visible_accounts,
)
from keyaccount_web.know.models import Account, Contact, SeenAccount
from keyaccount_web.know.person_data import kept_too_long
from keyaccount_web.lists.kit import (
    Action,
    Choice,
    Column,
    Least,
    Listing,
    Scene,
    Search,
    add_listing,
    path_value,
)
from keyaccount_web.runs.services import current_run
from keyaccount_web.search.registry import SEARCHABLE
from keyaccount_web.search.services import accounts_matching, matching
from keyaccount_web.shell.templatetags import pages

RECENT = 50


def account_link(account: Account, _context: Mapping[str, Any]) -> str:
    """Name and code."""
    before, after = _account_address()
    return SafeString(
        f'<a href="{before}{account.pk}{after}">{escape(account.name)}</a><span class="code">{escape(account.code)}</span>'
    )


@lru_cache
def _account_address() -> tuple[str, str]:
    """What stands before and after the pk in the address of an account: a list has many."""
    before, _, after = reverse("account", args=[987654321]).partition("987654321")
    return before, after


def _verdict(account: Account, context: Mapping[str, Any]) -> str:
    figures = getattr(account, "figures", None)
    return pages.why(context.get("run"), account.code, figures.verdict if figures else None)


def _verdict_name(account: Account) -> str | None:
    figures = getattr(account, "figures", None)
    return verdict_name(figures.verdict, pages.lang()) if figures else None


def _growth(account: Account) -> float | None:
    """Sales against the year before; None: there were none to compare with."""
    figures = getattr(account, "figures", None)
    if figures is None or figures.sales_year_before <= 0:
        return None
    return float(figures.sales) / float(figures.sales_year_before) - 1


def _verdicts(_request: Request) -> Iterable[tuple[str, str]]:
    yield "in_set", message("accounts.in_set", pages.lang())
    yield from ((code, verdict_name(code, pages.lang())) for code in VERDICTS)


def _has_verdict(code: str) -> Q:
    return Q(figures__in_set=True) if code == "in_set" else Q(figures__verdict=code)


def found_by_text(accounts: QuerySet[Account], text: str) -> QuerySet[Account]:
    return accounts.filter(accounts_matching(text))


def _mine(accounts: QuerySet[Account], request: Request) -> QuerySet[Account]:
    return accounts.filter(Q(owner=request.user) | Q(pk__in=accounts_by_team(request.user)))


def _team(accounts: QuerySet[Account], request: Request) -> QuerySet[Account]:
    return accounts.filter(unit__in=[post.unit_id for post in current_posts(request.user)])


def _department(accounts: QuerySet[Account], request: Request) -> QuerySet[Account]:
    units = OrgUnit.objects.none()
    for post in current_posts(request.user):
        units = units | units_below(post.unit)
    return accounts.filter(unit__in=units)


def _shared(accounts: QuerySet[Account], request: Request) -> QuerySet[Account]:
    return accounts.filter(pk__in=accounts_by_team(request.user)).exclude(owner=request.user)


def _recent(accounts: QuerySet[Account], request: Request) -> QuerySet[Account]:
    seen = SeenAccount.objects.filter(user=request.user).order_by("-at")[:RECENT]
    return accounts.filter(pk__in=list(seen.values_list("account_id", flat=True)))


def _nobody(accounts: QuerySet[Account], _request: Request) -> QuerySet[Account]:
    return accounts.filter(owner=None)


def _with_figures(request: Request) -> dict[str, Any]:
    return {"run": current_run(), "may_edit": may(request.user, Right.EDIT_ACCOUNTS)}


def _parents_seen(accounts: Sequence[Account], request: Request) -> None:
    """A parent's code, where the parent may be seen. One query for those whose parents are not all visible."""
    ids = {one.parent_id for one in accounts if one.parent_id is not None}
    if not ids:
        return
    codes = dict(visible_accounts(request.user).filter(pk__in=ids).values_list("pk", "code"))
    for one in accounts:
        one.seen_parent = codes.get(one.parent_id or 0)  # type: ignore[attr-defined]


ACCOUNTS = add_listing(
    Listing(
        name="accounts",
        url_name="accounts",
        export_url_name="accounts_export",
        title="accounts.title",
        found="accounts.found",
        empty="accounts.none",
        first="accounts.first",
        search_hint="accounts.search",
        template="know/accounts.html",
        rows=lambda request: visible_accounts(request.user).select_related(
            "figures", "owner", "unit", "parent"
        ),
        context=_with_figures,
        decorate=_parents_seen,
        sort="-sales",
        columns=(
            Column("name", "field.name", "name", html=account_link),
            Column("code", "field.code", "code", is_shown=False, is_low=True, is_key=True),
            Column(
                "verdict",
                "column.verdict",
                value=_verdict_name,
                html=_verdict,
                needs="figures",
                coded=lambda account: path_value(account, "figures__verdict"),
            ),
            Column("sales", "field.sales", "figures__sales", show="money"),
            Column("profit", "field.profit", "figures__profit", show="money"),
            Column(
                "sales_year_before",
                "field.sales_year_before",
                "figures__sales_year_before",
                show="money",
                is_shown=False,
                is_low=True,
            ),
            Column("change", "column.change", value=_growth, show="change", needs="figures"),
            Column(
                "share",
                "column.share",
                "figures__sales_share",
                show="percent",
                is_low=True,
                right=Right.COMPANY_FIGURES,
            ),
            Column("sales_rank", "field.sales_rank", "figures__sales_rank", show="count", is_low=True),
            Column("orders", "column.orders", "figures__orders", show="count", is_shown=False, is_low=True),
            Column(
                "active_months",
                "column.active_months",
                "figures__active_months",
                show="count",
                is_shown=False,
                is_low=True,
            ),
            Column("owner", "field.owner", "owner__name", is_low=True),
            Column("unit", "field.unit", "unit__name", is_shown=False, is_low=True),
            Column("region", "field.region", "region", is_low=True),
            Column("industry", "field.industry", "industry", is_low=True),
            Column("channel", "field.channel", "channel", is_shown=False, is_low=True),
            Column(
                "parent",
                "field.parent",
                "parent__code",
                value=lambda account: getattr(account, "seen_parent", None),
                is_shown=False,
                is_low=True,
            ),
            Column("tax_number", "field.tax_number", "tax_number", is_shown=False, is_low=True),
            Column("address", "field.address", "address", is_shown=False, is_low=True),
            Column("website", "field.website", "website", is_shown=False, is_low=True),
            Column(
                "updated_at", "field.updated_at", "updated_at", show="moment", is_shown=False, is_low=True
            ),
        ),
        filters=(
            Search("q", "action.search", find=found_by_text),
            Choice("verdict", "column.verdict", among=_verdicts, query=_has_verdict),
            Choice(
                "region", "field.region", path="region", rows=lambda request: visible_accounts(request.user)
            ),
            Choice(
                "industry",
                "field.industry",
                path="industry",
                rows=lambda request: visible_accounts(request.user),
            ),
            Least("least", "field.sales", path="figures__sales"),
        ),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", _mine),
            Scene("team", "view.team", _team),
            Scene("department", "view.department", _department),
            Scene("shared", "view.shared", _shared),
            Scene("recent", "view.recent", _recent),
            Scene("nobody", "view.nobody", _nobody, lambda request: may(request.user, Right.ASSIGN)),
        ),
        actions=(Action("accounts_bulk", "bulk.button", "edit", Right.EDIT_ACCOUNTS),),
    )
)


def _contact_account(contact: Contact, _context: Mapping[str, Any]) -> str:
    return format_html(
        '<a href="{}">{}</a>', reverse("account", args=[contact.account_id]), contact.account.name
    )


def _phone(contact: Contact, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="tel:{0}">{0}</a>', contact.phone) if contact.phone else "—"


def _contact_name(contact: Contact, _context: Mapping[str, Any]) -> str:
    return format_html('<a href="{}">{}</a>', reverse("account", args=[contact.account_id]), contact.name)


def _contacts_by_text(contacts: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    of_accounts = Account.objects.filter(accounts_matching(text)).order_by()
    return contacts.filter(matching(SEARCHABLE["contact"], text) | Q(account__in=of_accounts))


def _contacts(request: Request) -> QuerySet[Contact]:
    return of_visible(Contact.objects.all(), request.user)


def _contacts_of_mine(contacts: QuerySet[Contact], request: Request) -> QuerySet[Contact]:
    mine = _mine(Account.objects.all(), request)
    return contacts.filter(Exists(mine.filter(pk=OuterRef("account_id"))))


CONTACTS = add_listing(
    Listing(
        name="contacts",
        url_name="contacts",
        export_url_name="contacts_export",
        template="know/contacts.html",
        title="contacts.title",
        found="contacts.found",
        empty="contacts.none",
        first="contacts.first",
        search_hint="contacts.search",
        rows=_contacts,
        sort="name",
        columns=(
            Column("name", "field.name", "name", html=_contact_name),
            Column(
                "account_code", "line.account_id", "account__code", is_shown=False, is_low=True, is_key=True
            ),
            Column("account", "column.account", "account__name", html=_contact_account),
            Column("title", "field.title", "title"),
            Column("department", "field.department", "department", is_low=True),
            Column("phone", "field.phone", "phone", html=_phone),
            Column("email", "field.email", "email", is_low=True),
        ),
        filters=(Search("q", "action.search", find=_contacts_by_text),),
        scenes=(
            Scene("all", "view.all"),
            Scene("mine", "view.mine", _contacts_of_mine),
            Scene("too_long", "contacts.too_long", lambda rows, _request: kept_too_long(rows)),
        ),
    )
)


def record_seen(account: Account, request: Request) -> None:
    """For the view of what one has seen recently."""
    SeenAccount.objects.update_or_create(user=request.user, account=account, defaults={"at": timezone.now()})
