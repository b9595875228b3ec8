"""Accounts, their people, and colleagues, as they are searched."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import sees_all, visible_accounts, visible_colleagues
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.search.keys import Key, code_keys, email_keys, name_keys, phone_number_keys, tax_keys
from keyaccount_web.search.registry import Searchable, Told, register


def account_keys(one: Account) -> Iterator[Key]:
    yield from name_keys(one.name)
    yield from code_keys(one.code)
    yield from tax_keys(one.tax_number)


def contact_keys(one: Contact) -> Iterator[Key]:
    yield from name_keys(one.name)
    yield from phone_number_keys(one.phone)
    yield from email_keys(one.email)


def colleague_keys(one: User) -> Iterator[Key]:
    yield from name_keys(one.name)
    yield from code_keys(one.username)


def _visible_contacts(user: User) -> QuerySet[Contact]:
    contacts = Contact.objects.select_related("account").only("name", "title", "phone", "account__name")
    if sees_all(user):
        return contacts.filter(account__merged_into=None)
    # Not `account__in`: SQLite would go through all accounts for a handful of contacts.
    return contacts.filter(Exists(visible_accounts(user).filter(pk=OuterRef("account_id"))))


ACCOUNT = Searchable(
    1,
    "account",
    Account,
    keys=account_keys,
    visible=lambda user: (
        visible_accounts(user).select_related("owner").only("name", "code", "tax_number", "owner__name")
    ),
    largest_first=(F("figures__sales").desc(nulls_last=True), "code"),
    told=lambda one: Told(
        one.name,
        reverse("account", args=[one.pk]),
        code=one.code,
        beside=one.owner.name if one.owner else "",
        tax_number=one.tax_number,
    ),
    account="pk",
)
CONTACT = Searchable(
    2,
    "contact",
    Contact,
    keys=contact_keys,
    visible=_visible_contacts,
    largest_first=(F("account__figures__sales").desc(nulls_last=True), "account__code", "pk"),
    told=lambda one: Told(
        one.name,
        reverse("account", args=[one.account_id]),
        beside=" · ".join(part for part in (one.title, one.account.name) if part),
        phone=one.phone,
    ),
    account="account_id",
)
COLLEAGUE = Searchable(
    3,
    "colleague",
    User,
    keys=colleague_keys,
    visible=visible_colleagues,
    largest_first=("-is_active", "name"),
    told=lambda one: Told(one.name or one.username, reverse("person", args=[one.pk]), code=one.username),
)


def register_all() -> None:
    for one in (ACCOUNT, CONTACT, COLLEAGUE):
        register(one)
