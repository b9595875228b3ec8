"""What do the codes in a row of a further sheet stand for? Resolved over the whole workbook and the records; nothing is guessed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from keyaccount.know.workbook.typed import PARTING
from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_accounts
from keyaccount_web.imports.sheets.registry import SHEETS, text_of
from keyaccount_web.imports.sources import in_parts
from keyaccount_web.know.models import Account, Contact

_BETWEEN = re.compile(f"[^{PARTING}]+")


@dataclass
class Place:
    """Where in the workbook somebody stands."""

    sheet: str
    row: int


class UnlinkedError(Exception):
    """A code stands for nothing, or for several: the code of the reason, and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class Links:
    """The records that rows refer to, by what they are called there.

    `coming`: those that the same workbook brings, which are not kept yet.
    """

    def __init__(self, user: User, codes: Iterable[str], names: Iterable[str]) -> None:
        self.user = user
        self.accounts: dict[str, Account] = {}
        for part in in_parts(sorted({code for code in codes if code})):
            found = visible_accounts(user).filter(code__in=part).select_related("owner")
            self.accounts |= {one.code: one for one in found}
        self.staff: dict[str, User] = {}
        for part in in_parts(sorted({name for name in names if name})):
            for one in User.objects.filter(Q(username__in=part) | Q(staff_number__in=part)):
                self.staff[one.username] = one
                if one.staff_number:
                    self.staff.setdefault(one.staff_number, one)
        self._contacts: defaultdict[tuple[str, str, str], list[Contact]] = defaultdict(list)
        """Account, `code` or `name`, what it is → who."""
        self._anywhere: defaultdict[str, list[Contact]] = defaultdict(list)
        """Code or name → who, the first first."""
        self._places: dict[int, Place] = {}
        by_pk = {one.pk: one for one in self.accounts.values()}
        for part in in_parts(by_pk):
            for person in Contact.objects.filter(account__in=part).order_by("pk"):
                person.account = by_pk[person.account_id]
                self._know(person)
        self._others: dict[tuple[str, str], dict[str, Any]] = {}
        self.coming: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)

    # What comes with the same workbook.

    def add_account(self, code: str, name: str) -> None:
        self.accounts.setdefault(code, Account(code=code, name=name))

    def add_staff(self, name: str, username: str) -> None:
        self.staff.setdefault(name, User(username=username))

    def add_contact(self, account: str, code: str, name: str, place: Place) -> None:
        if account in self.accounts:
            person = Contact(account=self.accounts[account], code=code, name=name)
            self._places[id(person)] = place
            self._know(person)

    def _know(self, person: Contact) -> None:
        for name in ("code", "name"):
            if text := getattr(person, name):
                self._contacts[person.account.code, name, text].append(person)
                self._anywhere[text].append(person)

    def add_other(self, kind: str, account: str, code: str, record: Any) -> None:
        self._of(kind, account).setdefault(code, record)

    # Asked for.

    def account(self, code: str) -> Account:
        if code not in self.accounts:
            raise UnlinkedError(code="ref.unknown")
        return self.accounts[code]

    def colleague(self, name: str) -> User:
        """Whoever has left stays who made a visit; whether somebody may be named anew is for the sheet to say."""
        found = self.staff.get(name)
        if found is None:
            raise UnlinkedError(code="ref.unknown_user")
        return found

    def person(self, account: Account, text: str) -> Contact:
        """By code, else by name. Raises UnlinkedError for none, for several, and for somebody of another company, naming where."""
        found = next(
            (here for name in ("code", "name") if (here := self._contacts.get((account.code, name, text)))),
            [],
        )
        if len(found) > 1:
            raise UnlinkedError(code="contact.several", count=len(found))
        if found:
            return found[0]
        for one in self._anywhere.get(text, ()):
            place = self._places.get(id(one))
            values = {"account": one.account.name, "there": one.account.code}
            if place is not None:
                raise UnlinkedError(
                    code="person.elsewhere_in", sheet=place.sheet, first_row=place.row, **values
                )
            raise UnlinkedError(code="person.elsewhere", **values)
        raise UnlinkedError(code="ref.unknown_person", account=account.name)

    def people(self, account: Account, text: str) -> list[Contact]:
        """Several, parted by signs that may also stand in a name: the longest stretch that names somebody is one."""
        parts = [part.span() for part in _BETWEEN.finditer(text) if part.group().strip()]
        found: list[Contact] = []
        at = 0
        while at < len(parts):
            stretches = (
                (upto, text[parts[at][0] : parts[upto - 1][1]].strip()) for upto in range(len(parts), at, -1)
            )
            upto, name = next(
                (one for one in stretches if self._names_somebody(account, one[1])),
                (at + 1, text[slice(*parts[at])].strip()),
            )
            found.append(self.person(account, name))
            at = upto
        return list({id(one): one for one in found}.values())

    def _names_somebody(self, account: Account, text: str) -> bool:
        return any(self._contacts.get((account.code, name, text)) for name in ("code", "name"))

    def other(self, kind: str, account: Account, code: str) -> Any:
        """The record of a further sheet by its own code. Raises UnlinkedError."""
        found = self._of(kind, account.code).get(code)
        if found is None:
            raise UnlinkedError(code="ref.unknown")
        return found

    def _of(self, kind: str, account: str) -> dict[str, Any]:
        held = self._others.get((kind, account))
        if held is None:
            known = self.accounts.get(account)
            held = {}
            if known is not None and known.pk:
                rows = SHEETS[kind].records(self.user, Account.objects.filter(pk=known.pk))
                held = {one.code: one for one in rows}
            self._others[kind, account] = held
        return held

    def load(self, kind: str, codes: Iterable[str]) -> None:
        """Ask for the records of many accounts at once."""
        ids = {
            self.accounts[code].pk: code
            for code in set(codes)
            if code in self.accounts and self.accounts[code].pk
        }
        for code in ids.values():
            self._others.setdefault((kind, code), {})
        for part in in_parts(ids):
            for one in SHEETS[kind].records(self.user, Account.objects.filter(pk__in=part)):
                self._others[kind, ids[one.account_id]].setdefault(one.code, one)


def resolve(
    links: Links, sheet: Any, values: Mapping[str, str], refuse: Any
) -> tuple[dict[str, str], dict[str, Any]]:
    """The links of a row, as texts by which they are called best, and as records; `refuse(field, code, values)` for what is none."""
    texts: dict[str, str] = {}
    found: dict[str, Any] = {}
    account = None
    # The account first: its people and outlets are looked for in it.
    for one in sorted(sheet.kind.fields, key=lambda each: each.refers_to != "accounts"):
        text = values.get(one.name, "")
        if not one.refers_to or not text:
            continue
        if one.refers_to not in ("accounts", "staff") and account is None:
            continue
        try:
            match one.refers_to:
                case "accounts":
                    found[one.name] = links.account(text)
                    account = account or found[one.name]
                case "staff":
                    found[one.name] = links.colleague(text)
                case "contacts" if one.several:
                    found[one.name] = links.people(account, text)  # type: ignore[arg-type]
                case "contacts":
                    found[one.name] = links.person(found.get(one.within, account), text)  # type: ignore[arg-type]
                case kind:
                    found[one.name] = links.other(kind, account, text)  # type: ignore[arg-type]
        except UnlinkedError as error:
            refuse(one.name, error.code, error.values)
            continue
        texts[one.name] = text_of(found[one.name])
    return texts, found
