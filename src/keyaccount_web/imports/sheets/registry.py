"""How does a chapter declare a sheet of its records?

A sheet says which records there are (`records`), what each of them tells (`told`), and which values of the model a row gives
(`values`, where it refuses what cannot be). Comparing, writing, history, undo and export are made of these three.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from keyaccount.know.workbook.fields import KINDS, RecordKind
from keyaccount.know.workbook.together import ACCOUNT_NAME
from keyaccount.know.workbook.typed import as_text, as_value
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, users_who_see
from keyaccount_web.know.models import Account, Contact
from keyaccount_web.know.provenance import CONFIDENTIAL, SOURCE_FIELDS, Sourced, checked_source
from keyaccount_web.know.record_kit import RecordError

SOURCE_WORDS = {
    "source_kind": {value: f"fact.source_kind.{value}" for value in Sourced.SourceKind.values},
    "permission": {value: f"fact.permission.{value}" for value in (*Sourced.Permission.values, CONFIDENTIAL)},
}


@dataclass
class Given:
    """A whole row, read: what the record has already with what the row changes; `given["price"]`.

    People, colleagues, accounts and outlets are records; at the check those that come with the same workbook are not kept yet.
    """

    by: User
    values: Mapping[str, Any]
    record: Any = None
    """The one that is changed; None: a new one."""
    is_check: bool = False
    beside: list[Model] = field(default_factory=list)
    """What had to be made along with it, and goes with it when it is taken back."""
    known: dict[tuple[type[Model], str], Any] = field(default_factory=dict)
    """What `called` has found or made, for all rows of a sheet."""
    coming: Mapping[str, set[tuple[str, ...]]] = field(default_factory=dict)
    """At the check: sheet → keys of the new records that the same workbook brings, of the sheets before this one."""

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def plain(self, *names: str) -> dict[str, Any]:
        """Fields that the model calls as the sheet does."""
        return {name: self.values[name] for name in names}

    def source(self) -> dict[str, Any]:
        """The fields of `Sourced`. Raises FactError."""
        return checked_source(by=self.by, **self.plain(*SOURCE_FIELDS))

    def called(self, model: type[Model], name: str) -> Any:
        """The record of that name, whatever its capitals; where there is none, a new one."""
        name = " ".join(name.split())
        if (model, name.casefold()) not in self.known:
            found = model._default_manager.filter(name__iexact=name).first()
            if found is None:
                found = model(name=name)
                if not self.is_check:
                    found.save()
                    self.beside.append(found)
            self.known[model, name.casefold()] = found
        return self.known[model, name.casefold()]


@dataclass(frozen=True)
class Many:
    """Several people that a record names."""

    of: Callable[[Any], Iterable[Contact]]
    put: Callable[[Any, Sequence[Contact], User], None]
    """Makes them these."""
    only_adds: bool = False
    """Whether those that a row leaves out stay."""


Refuse = Callable[[Any, str, str, dict[str, Any]], None]
"""Row, field, code, values: what `together` calls."""


def may_edit(user: User) -> bool:
    return may(user, Right.EDIT_ACCOUNTS)


def _nothing_together(_rows: "Sequence[tuple[Any, Given]]", _refuse: Refuse) -> None:
    return None


def _nothing_after(_accounts: set[int]) -> None:
    return None


@dataclass(frozen=True)
class Sheet:
    """A sheet of a chapter's records."""

    name: str
    """Of a kind of `know.workbook.KINDS`."""
    model: type[Model]
    order: int
    """Smallest first: what another sheet refers to comes before it."""
    records: Callable[[User, QuerySet[Account]], QuerySet[Any]]
    """Those of accounts that `user` sees, with what `told` needs."""
    told: Callable[[Any], Mapping[str, Any]]
    """Field → what a record says, records for links; what is absent is empty. `account` as a record, where the sheet has one."""
    values: Callable[[Given], dict[str, Any]]
    """Fields of the model. Raises KeyAccountError for what cannot be kept."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field → value → code of its text."""
    many: Mapping[str, Many] = field(default_factory=dict)
    may: Callable[[User], bool] = may_edit
    together: Callable[[Sequence[tuple[Any, Given]], Refuse], None] = _nothing_together
    """Looks for contradictions among the rows that would change something."""
    after: Callable[[set[int]], None] = _nothing_after
    """What must follow some time after an import or its undoing, for accounts by pk."""

    @property
    def kind(self) -> RecordKind:
        return KINDS[self.name]

    @property
    def is_sourced(self) -> bool:
        return issubclass(self.model, Sourced)

    def words_of(self, name: str) -> Mapping[str, str]:
        return self.words.get(name) or (SOURCE_WORDS.get(name, {}) if self.is_sourced else {})

    def texts(self, record: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """What a record says: field → text as its sheet has it, and link field → the records themselves."""
        told = dict(self.told(record))
        if self.is_sourced:
            told |= {name: getattr(record, name) for name in SOURCE_FIELDS}
        if isinstance(told.get("account"), Account):
            told[ACCOUNT_NAME] = told["account"].name
        texts, links = {}, {}
        for one in self.kind.fields:
            value = told.get(one.name)
            if one.refers_to:
                links[one.name] = value
            texts[one.name] = text_of(value)
        return texts, links


def text_of(value: Any) -> str:
    """A value as a sheet has it; a record by its code."""
    if isinstance(value, Model):
        return str(value.username if isinstance(value, User) else value.code or value.name)  # type: ignore[attr-defined]
    if isinstance(value, list) and value and isinstance(value[0], Model):
        return "、".join(sorted(text_of(one) for one in value))
    if hasattr(value, "astimezone"):
        value = timezone.localtime(value)
    # Browsers end lines with two signs, spreadsheets with one.
    return as_text(value).replace("\r\n", "\n").strip()


def typed(sheet: Sheet, texts: Mapping[str, str], links: Mapping[str, Any]) -> dict[str, Any]:
    """Field → value: links as records, all others as their kind says."""
    found: dict[str, Any] = {}
    for one in sheet.kind.fields:
        if one.refers_to:
            found[one.name] = links.get(one.name) or ([] if one.several else None)
            continue
        value = as_value(one, texts.get(one.name, ""))
        if one.kind == "moment" and value is not None:
            value = timezone.make_aware(value)
        found[one.name] = value
    return found


SHEETS: dict[str, Sheet] = {}


def add_sheet(sheet: Sheet) -> None:
    """Let it be imported and exported; adding it again replaces it. Called in AppConfig.ready()."""
    SHEETS[sheet.name] = sheet


def sheets() -> list[Sheet]:
    """In the order in which they are looked at and written."""
    return sorted(SHEETS.values(), key=lambda one: one.order)


def all_words() -> dict[str, Mapping[str, str]]:
    """`kind.field` → value → code of its text, of every sheet."""
    return {
        f"{sheet.name}.{one.name}": words
        for sheet in sheets()
        for one in sheet.kind.fields
        if (words := sheet.words_of(one.name))
    }


def check_sees(given: Given, name: str) -> None:
    """That a colleague who is named now sees the account. Raises RecordError `record.owner_blind`."""
    user, account = given[name], given["account"]
    if user is None or not user.pk:
        return
    if given.record is not None and getattr(given.record, f"{name}_id") == user.pk:
        return
    if user.is_active and (not account.pk or user.pk in (given.by.pk, account.owner_id)):
        return
    if not user.is_active or not users_who_see(account).filter(pk=user.pk).exists():
        raise RecordError("record.owner_blind", username=user.username)
