"""Pages on how full and fresh files are: one account's, and a manager's."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from keyaccount.know.completeness import Completeness, mean_score
from keyaccount.know.freshness import ASKED
from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts
from keyaccount_web.company.presets import setting
from keyaccount_web.know.full_file.parts import files_of, parts
from keyaccount_web.know.merged import leads_on
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.record_kit import account_of
from keyaccount_web.know.tabs import account_context
from keyaccount_web.shell.templatetags.pages import lang
from keyaccount_web.work import freshness
from keyaccount_web.work.models import FieldConfirmation

MOST_ACCOUNTS = 300
"""Of one manager, those with the most sales first."""
MOST_TOGETHER = 5000
"""Of all managers together."""


@require_GET
@leads_on
def account_file(request: Request, pk: int) -> HttpResponse:
    """Each field of an account with its date, and what its file lacks."""
    account = account_of(request, pk)
    found = files_of([account])
    told = found[0] if found else None
    asked = freshness.questions(account, most=None)
    may_edit = may(request.user, Right.EDIT_ACCOUNTS)
    return render(
        request,
        "know/file.html",
        {
            **account_context(request, account, "account"),
            "file": told,
            "missing": _missing(told, account) if told else [],
            "fields": list(
                _fields(account, {(one.contact.pk if one.contact else None, one.field) for one in asked})
            ),
            # As `work/freshness_box.html` takes it: what is most worth confirming.
            "questions": asked[:ASKED] if may_edit else [],
        },
    )


def _missing(told: Completeness, account: Account) -> list[tuple[str, str]]:
    """What is missing in words, and where it is filled in."""
    known = parts()
    return [
        (reason.text(lang()), reverse(known[name].url_name, args=[account.pk]))
        for name, reason in zip(told.missing, told.reasons, strict=True)
    ]


def _fields(account: Account, asked: set[tuple[int | None, str]]) -> Iterable[dict[str, Any]]:
    """Every dated field of the account, its contacts and its profile: its value, when it was last known right, and whether it asks."""
    contacts = list(account.contacts.all())
    known = {
        (one.contact_id, one.field): one
        for one in FieldConfirmation.objects.filter(account=account).select_related("by")
    }
    today = timezone.localdate()
    records: list[tuple[Contact | None, tuple[str, ...]]] = [(None, freshness.ACCOUNT_FIELDS)]
    records += [(contact, freshness.CONTACT_FIELDS) for contact in contacts]
    for contact, names in records:
        for name in names:
            key = (contact.pk if contact else None, name)
            one = known.get(key)
            yield {
                "contact": contact,
                "field": name,
                "code": f"field.{name}",
                "value": getattr(contact or account, name),
                "confirmed": one,
                "age": (today - timezone.localdate(one.at)).days if one else None,
                "is_stale": key in asked,
            }
    for told in freshness.dated_of([account]).get(account.pk, []):
        one = known.get((None, told.field))
        day = max(told.day, timezone.localdate(one.at)) if one else told.day
        yield {
            "contact": None,
            "code": f"field.{told.field.rpartition('.')[2]}",
            "value": told.day.isoformat(),
            "url": told.url,
            "confirmed": one,
            "age": (today - day).days,
            "is_stale": (None, told.field) in asked,
        }


@require_GET
def files(request: Request) -> HttpResponse:
    """The files of one manager's accounts, the least complete first; for superiors all managers beside each other."""
    seen = visible_accounts(request.user)
    asked = request.GET.get("manager", "")
    pk = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    managers = list(
        User.objects.filter(pk__in=seen.exclude(owner=None).order_by().values("owner")).order_by("name", "pk")
    )
    manager = next((one for one in managers if one.pk == pk), None)
    if manager is None and pk is None and (len(managers) < 2 or request.user in managers):
        manager = request.user
    context: dict[str, Any] = {
        "managers": managers,
        "manager": manager,
        "enough": setting("completeness.enough"),
    }
    if manager is None:
        context["rows"] = _by_manager(seen, managers, float(context["enough"]))
    else:
        largest = F("figures__sales").desc(nulls_last=True)
        rows = seen.filter(owner=manager).select_related("figures").order_by(largest, "code")
        context |= _of_manager(list(rows[:MOST_ACCOUNTS]), may(request.user, Right.EDIT_ACCOUNTS))
    return render(request, "know/files.html", context)


def _of_manager(accounts: list[Account], may_edit: bool) -> dict[str, Any]:
    by_pk: dict[Any, Account] = {account.pk: account for account in accounts}
    found = files_of(accounts)
    stale: dict[Any, Any] = {**freshness.questions_of(accounts)}
    rows = [
        {
            "account": by_pk[one.key],
            "file": one,
            "why": [reason.text(lang()) for reason in one.reasons[:3]],
            "more": max(0, len(one.missing) - 3),
            "stale": len(stale.get(one.key, [])),
            "first": next(iter(stale.get(one.key, [])), None),
        }
        for one in found
    ]
    return {
        "accounts": rows,
        "mean": mean_score(found),
        "stale": sum(row["stale"] for row in rows),
        "may_edit": may_edit,
    }


def _by_manager(seen: Any, managers: list[User], enough: float) -> list[dict[str, Any]]:
    """One row a manager: accounts, average score, how many are complete, fields that ask."""
    largest = F("figures__sales").desc(nulls_last=True)
    owned = list(seen.exclude(owner=None).select_related("figures").order_by(largest, "code")[:MOST_TOGETHER])
    scores = {one.key: one for one in files_of(owned)}
    stale = freshness.questions_of(owned)
    rows = []
    for manager in managers:
        own = [account.pk for account in owned if account.owner_id == manager.pk]
        told = [scores[pk] for pk in own if pk in scores]
        rows.append(
            {
                "manager": manager,
                "accounts": len(own),
                "mean": mean_score(told),
                "complete": sum(one.score >= enough for one in told),
                "stale": sum(len(stale.get(pk, [])) for pk in own),
            }
        )
    return sorted(rows, key=lambda row: (row["mean"] is None, row["mean"]))
