"""What happens to people at the customer's: added, changed, removed; who is late is told and loses nothing typed (K2)."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from keyaccount.errors import KeyAccountError
from keyaccount_web.know.models import Account, Contact

FIELDS = ("name", "title", "department", "phone", "email")


class ContactConflictError(KeyAccountError):
    """Somebody else has changed the contact meanwhile."""

    def __init__(self, code: str, contact: Contact, theirs: Mapping[str, Any]) -> None:
        super().__init__(code, name=contact.name, **({"fields": list(theirs)} if theirs else {}))
        self.contact = contact
        self.theirs = theirs


def version_of(contact: Contact) -> int:
    """The entry of the history that it is at, which no two states share; 0: it has none."""
    return versions_of([contact.pk]).get(contact.pk, 0)


def versions_of(contact_ids: Iterable[int]) -> dict[int, int]:
    """The same of several, in one query."""
    entries = Contact.history.filter(id__in=list(contact_ids)).order_by()
    return dict(entries.values_list("id").annotate(at=Max("history_id")))


def add_contact(account: Account, values: Mapping[str, Any]) -> Contact:
    """Somebody new at an account."""
    return Contact.objects.create(account=account, **{name: values.get(name, "") for name in FIELDS})


def edit_contact(contact_id: int, changes: Mapping[str, Any], *, version: int | None) -> Contact:
    """Change fields of a contact that was read as `version`.

    Raises ContactConflictError `edit.conflict` where it has been changed since, with what it is now; nothing is written then.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
        theirs = {
            name: getattr(contact, name) for name, value in changes.items() if getattr(contact, name) != value
        }
        if theirs and version != version_of(contact):
            raise ContactConflictError("edit.conflict", contact, theirs)
        for name in FIELDS:
            if name in changes:
                setattr(contact, name, changes[name])
        contact.save()
    return contact


def remove_contact(contact: Contact, *, version: int | None) -> None:
    """Its history stays. Raises ContactConflictError `contact.changed`."""
    with transaction.atomic():
        held = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if version != version_of(held):
            raise ContactConflictError("contact.changed", held, {})
        held.delete()
