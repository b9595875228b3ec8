"""What would the rows of the further sheets change, and which cannot come in?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keyaccount.errors import KeyAccountError
from keyaccount.know.workbook.exported import shown
from keyaccount.know.workbook.fields import RecordKind
from keyaccount.know.workbook.together import ACCOUNT_NAME
from keyaccount.language import LANGUAGES
from keyaccount.ledger.fields import simplified
from keyaccount_web.imports.models import ImportRow
from keyaccount_web.imports.sheets.links import Links, Place, resolve
from keyaccount_web.imports.sheets.registry import Given, Sheet, sheets, text_of, typed
from keyaccount_web.imports.sources import in_parts
from keyaccount_web.know.models import Account

if TYPE_CHECKING:
    from keyaccount_web.imports.compare import Base, Judged

Key = tuple[str, ...]


def judge_sheets(base: "Base") -> None:
    """Judge the rows of every further sheet, after those of accounts and contacts."""
    present = [sheet for sheet in sheets() if base.of(sheet.name)]
    if not present:
        return
    links = _links(base, present)
    for sheet in present:
        _Judging(base, sheet, links).all()


def _links(base: "Base", present: Iterable[Sheet]) -> Links:
    codes: set[str] = set()
    names: set[str] = set()
    for sheet in present:
        for one in base.of(sheet.name):
            for wanted in sheet.kind.fields:
                if wanted.refers_to in ("accounts", "staff"):
                    (codes if wanted.refers_to == "accounts" else names).add(
                        one.row.values.get(wanted.name, "")
                    )
    links = Links(
        base.user, [*codes, *(one.row.values.get("account", "") for one in base.of("contacts"))], names
    )
    for code, one in base.new_codes.items():
        if not one.is_refused:
            links.add_account(code, one.new.get("name", ""))
    for name, username in base.coming.items():
        links.add_staff(name, username)
    for one in base.of("contacts"):
        if one.state == ImportRow.State.NEW and not one.is_refused:
            place = Place(one.row.sheet, one.row.row)
            links.add_contact(one.new["account"], one.new.get("code", ""), one.new.get("name", ""), place)
    return links


class _Judging:
    def __init__(self, base: "Base", sheet: Sheet, links: Links) -> None:
        self.base, self.sheet, self.links, self.kind = base, sheet, links, sheet.kind
        self.rows = base.of(sheet.name)
        self.given: list[tuple[Judged, Given]] = []
        self.keys: dict[int, Key] = {}
        self.known: dict[Any, Any] = {}
        self.named = {one.row.values.get("code", "") for one in base.of("accounts")}

    def all(self) -> None:
        allowed = self.sheet.may(self.base.user)
        open_rows = []
        for one in self.rows:
            _in_words(self.sheet, one, self.base.user.lang)
            if one.is_hopeless:
                continue
            if not allowed:
                one.refuse("row.no_right_sheet")
                continue
            texts, found = resolve(self.links, self.sheet, one.row.values, self._refuser(one))
            self._check_name(one, found.get("account"))
            open_rows.append((one, texts, found))
        current = current_records(self.base.user, self.sheet, [found for _, _, found in open_rows])
        seen: dict[Key, Judged] = {}
        for one, texts, found in open_rows:
            told = {**one.row.values, **texts}
            key = key_of(self.kind, told)
            if any(self.kind.field(name).refers_to and name not in found for name in self.kind.keys[0]):
                continue  # whose record it is cannot be told, which was said
            if key in seen:
                before = seen[key].row
                one.refuse(
                    "key.repeated",
                    key=shown_key(self.sheet, one.row.key, self.base.user.lang),
                    sheet=before.sheet,
                    first_row=before.row,
                )
                continue
            seen[key] = one
            self.keys[id(one)] = key
            self._judge(one, told, found, current.get(key))
        self.sheet.together([pair for pair in self.given if not pair[0].is_refused], self._refuse_together)
        for one, given in self.given:
            if one.is_refused or given.record is not None:
                continue
            self.links.coming[self.sheet.name].add(self.keys[id(one)])
            if "code" in self.kind.keys[0]:
                self.links.add_other(
                    self.sheet.name, given["account"].code, given["code"], self.sheet.model(**_bare(given))
                )

    def _judge(self, one: "Judged", told: Mapping[str, str], found: Mapping[str, Any], record: Any) -> None:
        was, links = self.sheet.texts(record) if record is not None else ({}, {})
        whole, links = dict(was), dict(links)
        for wanted in self.kind.fields:
            name = wanted.name
            if name == ACCOUNT_NAME or (record is not None and name in (*self.kind.keys[0], *self.kind.also)):
                continue
            value = told.get(name, "")
            may_erase = self.base.erase and name in one.row.values and not wanted.needed
            if not value and not may_erase:
                continue
            if name in self.sheet.many and self.sheet.many[name].only_adds and record is not None:
                both = {text_of(one): one for one in (*links[name], *found.get(name, []))}
                found = {**found, name: list(both.values())}
                value = text_of(found[name])
            if record is not None and value == was.get(name, ""):
                continue
            whole[name] = one.new[name] = value
            if wanted.refers_to:
                links[name] = found.get(name)
            if record is not None:
                one.old[name] = was.get(name, "")
        if record is not None and not one.new:
            return
        one.target = record.pk if record is not None else None
        for wanted in self.kind.fields:
            if wanted.needed and not whole.get(wanted.name):
                self.base.refuse(one, wanted.name, "new.needs")
        if one.is_refused:
            return
        given = Given(
            self.base.user,
            typed(self.sheet, whole, links),
            record,
            is_check=True,
            known=self.known,
            coming=self.links.coming,
        )
        try:
            self.sheet.values(given)
        except KeyAccountError as error:
            one.refuse(**reason_of(error))
            return
        one.state = ImportRow.State.NEW if record is None else ImportRow.State.CHANGED
        self.given.append((one, given))

    def _refuser(self, one: "Judged") -> Any:
        return lambda name, code, values: self.base.refuse(one, name, code, **values)

    def _refuse_together(self, one: "Judged", name: str, code: str, values: dict[str, Any]) -> None:
        self.base.refuse(one, name, code, **values)

    def _check_name(self, one: "Judged", account: Account | None) -> None:
        """Against the records; against other sheets the workbook was checked as a whole."""
        name = one.row.values.get(ACCOUNT_NAME, "")
        if account is None or not name or account.code in self.named:
            return
        if simplified(name) != simplified(account.name):
            self.base.refuse(one, ACCOUNT_NAME, "account.named_otherwise", there=account.name)


def shown_key(sheet: Sheet, key: Sequence[str], lang: str) -> str:
    """What a row is known by, in words."""
    names = (*sheet.kind.keys[0], *sheet.kind.also)
    told = [
        shown(sheet.kind.field(name), text, lang, sheet.words_of(name))
        for name, text in zip(names, key, strict=True)
        if text
    ]
    return " + ".join(told)


def _in_words(sheet: Sheet, one: "Judged", lang: str) -> None:
    """The library knows words by their codes; people read them as they wrote them."""
    for at, problem in enumerate(one.row.problems):
        if problem.code == "key.repeated":
            values = {**problem.values, "key": shown_key(sheet, one.row.key, lang)}
            one.row.problems[at] = replace(problem, values=values)


def _bare(given: Given) -> dict[str, Any]:
    return {"account": given["account"], "code": given["code"], "name": given["name"] or ""}


def reason_of(error: KeyAccountError) -> dict[str, Any]:
    """What an error says, as a row's reason, in both languages."""
    return {"code": "row.error", "text": {lang: error.text(lang).rstrip("。.") for lang in LANGUAGES}}


def key_of(kind: RecordKind, texts: Mapping[str, str]) -> Key:
    """What a row or record is known by; capitals count in codes only."""
    found = []
    for name in (*kind.keys[0], *kind.also):
        text = texts.get(name, "")
        if name == "nth" and text == "1":
            text = ""
        found.append(text if kind.field(name).kind == "id" else text.casefold())
    return tuple(found)


def current_records(user: Any, sheet: Sheet, found: Iterable[Mapping[str, Any]]) -> dict[Key, Any]:
    """The records of the accounts that rows name, by their keys; of a sheet without accounts all that the user sees."""
    if sheet.kind.link_to("accounts") is None:
        return dict(keyed(sheet, sheet.records(user, Account.objects.none())))
    ids = {one["account"].pk for one in found if one.get("account") is not None and one["account"].pk}
    current: dict[Key, Any] = {}
    for part in in_parts(sorted(ids)):
        current |= dict(keyed(sheet, sheet.records(user, Account.objects.filter(pk__in=part))))
    return current


def keyed(sheet: Sheet, records: Iterable[Any]) -> Iterable[tuple[Key, Any]]:
    """Each record with its key; of several alike the second and further ones are told by their number, the oldest first."""
    counts: dict[Key, int] = {}
    at = sheet.kind.also.index("nth") - len(sheet.kind.also) if "nth" in sheet.kind.also else None
    for record in sorted(records, key=lambda one: one.pk):
        key = key_of(sheet.kind, sheet.texts(record)[0])
        n = counts[key] = counts.get(key, 0) + 1
        if n > 1 and at == -1:
            key = (*key[:-1], str(n))
        yield key, record
