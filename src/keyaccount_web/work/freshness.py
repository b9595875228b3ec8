"""When was each field of an account last known to be right, and what should be asked for? (K1, K9)

The order comes from `keyaccount.know.freshness`; here is what is known. For imports of many: `confirm_many`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q, prefetch_related_objects
from django.utils import timezone

from keyaccount.know.freshness import SHELF_LIVES, FieldState, FieldToConfirm, fields_to_confirm
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.company.presets import settings_of
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.work.models import FieldConfirmation

ACCOUNT_FIELDS = tuple(name for name in SHELF_LIVES if "." not in name)
CONTACT_FIELDS = tuple(name.removeprefix("contact.") for name in SHELF_LIVES if name.startswith("contact."))
BATCH = 500
LARGEST_OWN = 300
"""Accounts of one's own that home looks through, those with the most sales first."""


@dataclass(frozen=True)
class Question:
    """One field that asks to be confirmed."""

    account: Account
    contact: Contact | None
    field: str
    value: str
    asked: FieldToConfirm
    url: str = ""
    """Where it is put right, if not in place."""

    @property
    def label_code(self) -> str:
        return f"field.{self.field.rpartition('.')[2]}"


@dataclass(frozen=True)
class Dated:
    """The latest of what a chapter keeps with a day of its own: it asks once it is old, and when it is put right it has a new day."""

    field: str
    """A name of `SHELF_LIVES`."""
    day: dt.date
    url: str


DatedOf = Callable[[Iterable[Account]], Mapping[int, Sequence[Dated]]]
_dated: dict[str, DatedOf] = {}


def add_dated(chapter: str, dated_of: DatedOf) -> None:
    """Let what a chapter keeps of accounts be asked for, too; one query. Its fields are `<chapter>.…` of `SHELF_LIVES`."""
    _dated[chapter] = dated_of


def dated_fields() -> tuple[str, ...]:
    return tuple(name for name in SHELF_LIVES if name.partition(".")[0] in _dated)


def dated_of(accounts: list[Account]) -> dict[int, list[Dated]]:
    """What chapters keep with a day of its own, by account."""
    found: dict[int, list[Dated]] = {}
    for of in _dated.values():
        for pk, told in of(accounts).items():
            found.setdefault(pk, []).extend(told)
    return found


def questions(account: Account, *, most: int | None = 3) -> list[Question]:
    """What to ask about an account whose `figures` are at hand; four queries."""
    contacts = list(account.contacts.all())
    confirmed = list(FieldConfirmation.objects.filter(account=account))
    shelf_lives = settings_of("freshness.")
    dated = dated_of([account]).get(account.pk, [])
    return _questions(account, contacts, confirmed, shelf_lives, dated, most=most)


def stalest(user: User, *, most: int = 5) -> list[Question]:
    """Of the accounts that `user` owns, those with the most to confirm, and the first question of each; five queries."""
    own = visible_accounts(user).filter(owner=user).select_related("figures")
    accounts = list(own.order_by(F("figures__sales").desc(nulls_last=True), "code")[:LARGEST_OWN])
    asked = questions_of(accounts)
    found = [(sum(question.asked.worth for question in told), told[0]) for told in asked.values()]
    found.sort(key=lambda one: (not is_key(one[1].account), -one[0], one[1].account.code))
    return [question for _, question in found[:most]]


def questions_of(accounts: list[Account]) -> dict[int, list[Question]]:
    """All that asks to be confirmed of accounts whose `figures` are at hand: account → questions; four queries."""
    prefetch_related_objects(accounts, "contacts")
    confirmed: dict[int, list[FieldConfirmation]] = {}
    for one in FieldConfirmation.objects.filter(account__in=accounts):
        confirmed.setdefault(one.account_id, []).append(one)
    shelf_lives = settings_of("freshness.")
    dated = dated_of(accounts)
    found = {}
    for account in accounts:
        told = _questions(
            account,
            list(account.contacts.all()),
            confirmed.get(account.pk, []),
            shelf_lives,
            dated.get(account.pk, []),
            most=None,
        )
        if told:
            found[account.pk] = told
    return found


def is_key(account: Account) -> bool:
    """By the current run."""
    return hasattr(account, "figures") and account.figures.verdict == "key"


def confirm(
    record: Account | Contact,
    fields: Iterable[str],
    by: User | None,
    *,
    source: str = FieldConfirmation.Source.CONFIRM,
    at: dt.datetime | None = None,
) -> None:
    """These fields of an account or contact are known to be right now."""
    contact = record if isinstance(record, Contact) else None
    account_id = contact.account_id if contact else record.pk
    for field in fields:
        FieldConfirmation.objects.update_or_create(
            account_id=account_id,
            contact=contact,
            field=field,
            defaults={"at": at or timezone.now(), "by": by, "source": source},
        )


def confirm_many(
    records: Iterable[tuple[Account | Contact, Iterable[str]]],
    by: User | None,
    *,
    source: str = FieldConfirmation.Source.IMPORT,
    at: dt.datetime | None = None,
) -> int:
    """The same for many records, in batches. Gives how many fields."""
    at = at or timezone.now()
    told = list(records)
    count = 0
    for begin in range(0, len(told), BATCH):
        batch = told[begin : begin + BATCH]
        rows = []
        for record, fields in batch:
            contact = record if isinstance(record, Contact) else None
            account_id = contact.account_id if contact else record.pk
            rows += [
                FieldConfirmation(
                    account_id=account_id, contact=contact, field=field, at=at, by=by, source=source
                )
                for field in fields
            ]
        accounts = [row.account_id for row in rows if row.contact_id is None]
        contacts = [row.contact_id for row in rows if row.contact_id is not None]
        before = Q(contact=None, account__in=accounts) | Q(contact__in=contacts)
        wanted = {(row.account_id, row.contact_id, row.field) for row in rows}
        with transaction.atomic():
            known = FieldConfirmation.objects.filter(before).values_list(
                "pk", "account_id", "contact_id", "field"
            )
            old = [pk for pk, *place in known if tuple(place) in wanted]
            for start in range(0, len(old), BATCH):
                FieldConfirmation.objects.filter(pk__in=old[start : start + BATCH]).delete()
            FieldConfirmation.objects.bulk_create(rows, batch_size=BATCH)
        count += len(rows)
    return count


def _questions(
    account: Account,
    contacts: list[Contact],
    confirmed: list[FieldConfirmation],
    shelf_lives: Mapping[str, int],
    dated: Iterable[Dated],
    *,
    most: int | None,
) -> list[Question]:
    dates = {(one.contact_id, one.field): timezone.localdate(one.at) for one in confirmed}
    places: dict[str, tuple[Contact | None, str, Any, str]] = {}
    states = []
    records: list[tuple[Contact | None, tuple[str, ...]]] = [(None, ACCOUNT_FIELDS)]
    records += [(contact, CONTACT_FIELDS) for contact in contacts]
    for contact, names in records:
        for name in names:
            value = getattr(contact or account, name)
            field = f"contact.{name}" if contact else name
            key = f"{field}/{contact.pk}" if contact else field
            places[key] = (contact, name, value, "")
            states.append(
                FieldState(key, field, not value, dates.get((contact.pk if contact else None, name)))
            )
    for one in dated:
        known = dates.get((None, one.field))
        places[one.field] = (None, one.field, one.day.isoformat(), one.url)
        states.append(FieldState(one.field, one.field, False, max(one.day, known) if known else one.day))
    asked = fields_to_confirm(
        states, until=timezone.localdate(), is_key=is_key(account), shelf_lives=shelf_lives, most=most
    )
    found = []
    for told in asked:
        contact, name, value, url = places[told.state.key]
        found.append(Question(account, contact, name, value, told, url))
    return found
