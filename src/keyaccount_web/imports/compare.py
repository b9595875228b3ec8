"""What would the rows of a workbook change in the records, and which may this user not bring in? (K9)

Nothing is guessed into a link: what a row refers to must be there by its code, in the records that the user may see or in a
good row of the same workbook. An account outside the user's scope answers as if there were none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from keyaccount.know.workbook.check import CheckedRecords, RecordRow, circles
from keyaccount.know.workbook.fields import KINDS
from keyaccount.ledger.check import Problem
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import current_posts, may, sees_all, visible_accounts, visible_units
from keyaccount_web.imports.models import ImportRow
from keyaccount_web.imports.sheets.judging import judge_sheets
from keyaccount_web.imports.sources import ACCOUNT_COLUMNS, CONTACT_COLUMNS, in_parts
from keyaccount_web.know.models import Account, Contact

_ACCOUNT_VALUES = {
    column.name: f"{column.name}__{column.by}" if column.refers_to else column.name
    for column in ACCOUNT_COLUMNS
}
_SHOWN = {"parent": "parent__name", "unit": "unit__name", "owner": "owner__name"}
"""How lists and exports write what an account refers to; taken for "as it was", never for another."""

Progress = Callable[[int], None]


@dataclass
class Judged:
    """One row and what becomes of it."""

    row: RecordRow
    state: ImportRow.State = ImportRow.State.UNCHANGED
    target: int | None = None
    old: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    alike: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, code: str, name: str | None = None, **values: Any) -> None:
        column = values.pop("column", name)
        self.row.problems.append(
            Problem(name, self.row.values.get(name or ""), code, {"column": column, **values})
        )
        self.state = ImportRow.State.REFUSED

    @property
    def is_refused(self) -> bool:
        return bool(self.row.problems)

    @property
    def is_hopeless(self) -> bool:
        """Which record it is about cannot be told, so that there is nothing more to say of it."""
        return not self.row.key or any(one.code == "key.repeated" for one in self.row.problems)


def judge(
    user: User,
    records: CheckedRecords,
    titles: Mapping[tuple[str, str], Mapping[str, str]],
    *,
    erase: bool = False,
) -> list[Judged]:
    """Every row of the sheets with what becomes of it. `titles`: (kind, sheet) → field → column, for reasons."""
    base = Base(user, records, titles, erase=erase)
    rows = base.all()
    judge_sheets(base)
    return rows


class Base:
    """The rows of accounts, contacts, staff, groups, judged one after the other; further sheets ask it what comes."""

    def __init__(
        self,
        user: User,
        records: CheckedRecords,
        titles: Mapping[tuple[str, str], Mapping[str, str]],
        *,
        erase: bool,
    ) -> None:
        self.user, self.titles, self.erase = user, titles, erase
        self.rows = [
            Judged(row, ImportRow.State.REFUSED if row.problems else ImportRow.State.UNCHANGED)
            for row in records.rows
        ]
        self.units = {unit.code: unit for unit in OrgUnit.objects.all()}
        self.own_units = set(visible_units(user).values_list("code", flat=True))
        self.sees_all = sees_all(user)
        self.new_codes: dict[str, Judged] = {}
        self.may_edit, self.may_assign = may(user, Right.EDIT_ACCOUNTS), may(user, Right.ASSIGN)

    def all(self) -> list[Judged]:
        self._staff()
        self._accounts()
        self._groups()
        self._parents()
        self._contacts()
        return self.rows

    def of(self, kind: str) -> list[Judged]:
        return [one for one in self.rows if one.row.kind == kind]

    def _column(self, one: Judged, name: str) -> str:
        """As the sheet calls it; what it does not have, by the title that it would have."""
        own = self.titles.get((one.row.kind, one.row.sheet), {})
        return own.get(name) or KINDS[one.row.kind].title(name, self.user.lang)

    def refuse(self, one: Judged, name: str, code: str, **values: Any) -> None:
        one.refuse(
            code, name, column=self._column(one, name), **{"value": one.row.values.get(name, ""), **values}
        )

    # Staff: who is there, and who comes with this workbook.

    def _staff(self) -> None:
        rows = self.of("staff")
        self.coming: dict[str, str] = {}
        """User name or staff number → user name, of colleagues that this workbook brings."""
        names = [one.row.values.get("username", "") for one in rows]
        numbers = [one.row.values.get("staff_number", "") for one in rows]
        owners = [one.row.values.get("owner", "") for one in self.of("accounts")]
        known: list[User] = []
        for part in in_parts(dict.fromkeys(filter(None, [*names, *numbers, *owners]))):
            known += User.objects.filter(Q(username__in=part) | Q(staff_number__in=part))
        self.users = {user.username: user for user in known}
        self.by_number = {user.staff_number: user for user in known if user.staff_number}
        if not rows:
            return
        allowed = may(self.user, Right.MANAGE_USERS)
        in_use = {name.lower(): name for name in User.objects.values_list("username", flat=True)}
        held: dict[int, set[tuple[str, str]]] = {}
        for user in User.objects.filter(pk__in=[one.pk for one in known]).prefetch_related("posts__unit"):
            held[user.pk] = {(post.role, post.unit.code) for post in user.posts.all() if post.until is None}
        for one in rows:
            if one.is_hopeless:
                continue
            if not allowed:
                one.refuse("row.no_right_staff")
                continue
            values = one.row.values
            unit, role = values.get("unit", ""), values.get("role", "")
            if unit and unit not in self.units:
                self.refuse(one, "unit", "ref.unknown")
            found = self.users.get(values.get("username", "")) or (
                self.by_number.get(values["staff_number"]) if not values.get("username") else None
            )
            if found is None:
                for name in ("username", "name", "role", "unit"):
                    if not values.get(name):
                        self.refuse(one, name, "new.needs")
                if values.get("username", "").lower() in in_use:
                    self.refuse(one, "username", "user.other_case", there=in_use[values["username"].lower()])
                other = self.by_number.get(values.get("staff_number", ""))
                if other is not None:
                    self.refuse(one, "staff_number", "number.taken", there=other.username)
                if not one.is_refused:
                    one.state = ImportRow.State.NEW
                    one.new = {name: value for name, value in values.items() if value}
                    self.coming[values["username"]] = values["username"]
                    if values.get("staff_number"):
                        self.coming[values["staff_number"]] = values["username"]
                continue
            one.target = found.pk
            for name in ("staff_number", "name", "email"):
                value = values.get(name, "")
                if (value or (self.erase and name in values and name != "name")) and value != getattr(
                    found, name
                ):
                    one.old[name], one.new[name] = getattr(found, name), value
            if role and unit and (role, unit) not in held.get(found.pk, set()):
                if found.pk == self.user.pk:
                    self.refuse(one, "role", "role.own")
                one.old["post"], one.new["post"] = "", f"{role} {unit}"
                if values.get("since"):
                    one.new["since"] = values["since"]
            if not one.is_refused and one.new:
                one.state = ImportRow.State.CHANGED

    # Accounts.

    def _accounts(self) -> None:
        rows = self.of("accounts")
        groups, contacts = self.of("groups"), self.of("contacts")
        codes = {one.row.values.get("code", "") for one in rows}
        codes |= {one.row.values.get("account", "") for one in (*groups, *contacts)}
        codes |= {one.row.values.get("parent", "") for one in (*rows, *groups)}
        seen = None if self.sees_all else set(visible_accounts(self.user).values_list("code", flat=True))
        wanted = ["pk", "code", *_ACCOUNT_VALUES.values(), *_SHOWN.values(), "owner__staff_number"]
        self.known: dict[str, dict[str, Any]] = {}
        for part in in_parts(sorted(filter(None, codes))):
            for told in Account.objects.filter(code__in=part).values(*wanted):
                self.known[told["code"]] = told
        self.visible = {code for code in self.known if seen is None or code in seen}
        self.bare: dict[str, str] | None = None
        for one in rows:
            if one.is_hopeless:
                continue
            if not self.may_edit:
                one.refuse("row.no_right")
                continue
            code = one.row.values["code"]
            if code in self.known and code not in self.visible:
                self.refuse(one, "code", "row.not_yours")
            elif code in self.known:
                self._changed_account(one, self.known[code])
            else:
                self._new_account(one)

    def _references(self, one: Judged, there: Mapping[str, Any] | None) -> dict[str, str]:
        """The row's values, its references checked and written as codes."""
        values = {name: value for name, value in one.row.values.items() if name != "code"}
        for name, shown in _SHOWN.items():
            value = values.get(name, "")
            if not value:
                continue
            if there is not None and value in (there[_ACCOUNT_VALUES[name]], there[shown]):
                values[name] = there[_ACCOUNT_VALUES[name]] or ""
            elif name == "unit":
                if value not in self.units:
                    self.refuse(one, name, "ref.unknown")
                elif value not in self.own_units:
                    self.refuse(one, name, "ref.not_yours")
            elif name == "owner":
                values[name] = self._owner(one, value)
        return values

    def _owner(self, one: Judged, value: str) -> str:
        found = self.users.get(value) or self.by_number.get(value)
        if found is not None and found.is_active:
            return found.username
        if value in self.coming:
            return self.coming[value]
        self.refuse(one, "owner", "ref.unknown_user")
        return value

    def _changed_account(self, one: Judged, there: Mapping[str, Any]) -> None:
        one.target = there["pk"]
        for name, value in self._references(one, there).items():
            was = there[_ACCOUNT_VALUES[name]] or ""
            if value == was or (not value and (not self.erase or name == "name")):
                continue
            one.old[name], one.new[name] = was, value
        moved = [name for name in ("owner", "unit") if name in one.new]
        if moved and not self.may_assign:
            self.refuse(one, moved[0], "row.no_right_assign")
        if not one.is_refused and one.new:
            one.state = ImportRow.State.CHANGED

    def _new_account(self, one: Judged) -> None:
        values = self._references(one, None)
        code = one.row.values["code"]
        if not values.get("name"):
            self.refuse(one, "name", "new.needs")
        if code.isdigit() and (other := self._with_zeros(code)):
            self.refuse(one, "code", "code.zeros", there=other)
        if not self.sees_all and not values.get("unit"):
            self.refuse(one, "unit", "new.needs")
        if not self.may_assign and values.get("owner") != self.user.username:
            self.refuse(one, "owner", "new.own_owner", there=self.user.username)
        one.new = {name: value for name, value in values.items() if value}
        if not one.is_refused:
            one.state = ImportRow.State.NEW
            self.new_codes[code] = one

    def _with_zeros(self, code: str) -> str | None:
        """A code of the user's own that differs by zeros in front only, which spreadsheets take off."""
        if self.bare is None:
            told = visible_accounts(self.user).filter(code__startswith="0").values_list("code", flat=True)
            self.bare = {one.lstrip("0"): one for one in told if one.isdigit()}
        found = self.bare.get(code.lstrip("0"))
        return found if found != code else None

    # Who belongs to whom.

    def _groups(self) -> None:
        said = {
            one.row.values["code"]: one
            for one in self.of("accounts")
            if one.row.values.get("parent") and one.row.key
        }
        for one in self.of("groups"):
            if one.is_hopeless:
                continue
            if not self.may_edit:
                one.refuse("row.no_right")
                continue
            code, parent = one.row.values["account"], one.row.values.get("parent", "")
            if not parent and not self.erase:
                self.refuse(one, "parent", "cell.missing")
                continue
            other = said.get(code)
            if other is not None and other.row.values["parent"] != parent:
                self.refuse(
                    one, "parent", "group.contradicts", sheet=other.row.sheet, first_row=other.row.row
                )
            if code not in self.visible and code not in self.new_codes:
                self.refuse(one, "account", "ref.unknown")
            if one.is_refused:
                continue
            if code in self.known:
                was = self.known[code]["parent__code"] or ""
                if parent in (was, self.known[code]["parent__name"]):
                    continue
                one.target, one.state = self.known[code]["pk"], ImportRow.State.CHANGED
                one.old = {"parent": was}
            else:
                one.state = ImportRow.State.NEW
            one.new = {"parent": parent}

    def _parents(self) -> None:
        """Parents must be there, and no circle come of them; whoever hangs on a refused row is refused with it."""
        rows = [*self.of("accounts"), *self.of("groups")]
        with_parent = [one for one in rows if one.new.get("parent")]
        if with_parent:
            self._break_circles(with_parent)
        for one in with_parent:
            if one.new["parent"] not in self.visible and one.new["parent"] not in self.new_codes:
                self.refuse(one, "parent", "ref.unknown")
        refused = True
        while refused:
            refused = False
            for one in with_parent:
                parent = one.new["parent"]
                if not one.is_refused and parent not in self.visible and not self.comes(parent):
                    self.refuse(one, "parent", "ref.unknown")
                    refused = True
            for one in self.of("groups"):
                code = one.row.values.get("account", "")
                if not one.is_refused and code not in self.visible and not self.comes(code):
                    self.refuse(one, "account", "ref.unknown")

    def comes(self, code: str) -> bool:
        one = self.new_codes.get(code)
        return one is not None and not one.is_refused

    def _break_circles(self, rows: Iterable[Judged]) -> None:
        told = {
            one.row.values.get("code") or one.row.values["account"]: one for one in rows if not one.is_refused
        }
        there = dict(Account.objects.exclude(parent=None).values_list("code", "parent__code"))
        merged = {**there, **{code: one.new["parent"] for code, one in told.items()}}
        for ring in circles(merged):
            shown = [
                code if code in self.visible or code in self.new_codes else "…" for code in (*ring, ring[0])
            ]
            for code in ring:
                if code in told:
                    self.refuse(told[code], "parent", "circle.parents", circle=" → ".join(shown))

    # Contacts.

    def _contacts(self) -> None:
        rows = self.of("contacts")
        if not rows:
            return
        names = [column.name for column in CONTACT_COLUMNS]
        ids = {
            self.known[code]["pk"]: code
            for code in {one.row.values.get("account", "") for one in rows}
            if code in self.visible
        }
        by_code: dict[tuple[str, str], list[dict[str, Any]]] = {}
        by_name: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for part in in_parts(ids):
            for told in Contact.objects.filter(account__in=part).values("pk", "account_id", *names):
                account = ids[told["account_id"]]
                by_name.setdefault((account, told["name"]), []).append(told)
                if told["code"]:
                    by_code.setdefault((account, told["code"]), []).append(told)
        taken: dict[int, Judged] = {}
        for one in rows:
            if one.is_hopeless:
                continue
            if not self.may_edit:
                one.refuse("row.no_right")
                continue
            values = one.row.values
            account = values["account"]
            if account not in self.visible and not self.comes(account):
                self.refuse(one, "account", "ref.unknown")
                continue
            found = by_code.get((account, values["code"]), []) if values.get("code") else []
            if not found:
                alike = by_name.get((account, values.get("name", "")), [])
                found = [told for told in alike if not values.get("code") or not told["code"]]
            if len(found) > 1:
                self.refuse(one, "name", "contact.several", count=len(found))
                continue
            told = {name: values.get(name, "") for name in names}
            if not found:
                if not told["name"]:
                    self.refuse(one, "name", "new.needs")
                if one.is_refused:
                    continue
                one.state = ImportRow.State.NEW
                one.new = {"account": account, **{name: value for name, value in told.items() if value}}
                continue
            there = found[0]
            if there["pk"] in taken:
                before = taken[there["pk"]].row
                one.refuse(
                    "key.repeated",
                    key=f"{account} + {there['name']}",
                    sheet=before.sheet,
                    first_row=before.row,
                )
                continue
            taken[there["pk"]] = one
            one.target = there["pk"]
            for name in names:
                may_erase = self.erase and name not in ("name", "code")
                if name in values and told[name] != there[name] and (told[name] or may_erase):
                    one.old[name], one.new[name] = there[name], told[name]
            if one.new and not one.is_refused:
                one.state = ImportRow.State.CHANGED


def find_alike(user: User, judged: Iterable[Judged]) -> None:
    """Mark new accounts that may be there already, or twice in the workbook. What the user may not see goes masked."""
    import pyarrow as pa

    from keyaccount.know.duplicates import AccountIndex, reasons_of

    new = {one.row.values["code"]: one for one in judged if one.row.kind == "accounts" and one.state == "new"}
    if not new:
        return
    coming = pa.table(
        {
            "account_id": list(new),
            "account_name": [one.new.get("name") for one in new.values()],
            "tax_number": pa.array([one.new.get("tax_number") for one in new.values()], pa.string()),
            "address": pa.array([one.new.get("address") for one in new.values()], pa.string()),
            "parent_id": pa.array([one.new.get("parent") for one in new.values()], pa.string()),
        }
    )
    known = {
        told["code"]: told
        for told in Account.objects.values(
            "code", "name", "tax_number", "address", "parent__code", "owner__name"
        )
    }
    seen = None if sees_all(user) else set(visible_accounts(user).values_list("code", flat=True))
    pairs = [(pair, False) for pair in AccountIndex(coming).duplicates().to_pylist()]
    if known:
        there = pa.table(
            {
                "account_id": list(known),
                "account_name": [told["name"] for told in known.values()],
                "tax_number": pa.array([told["tax_number"] for told in known.values()], pa.string()),
                "address": pa.array([told["address"] for told in known.values()], pa.string()),
                "parent_id": pa.array([told["parent__code"] for told in known.values()], pa.string()),
            }
        )
        pairs += [(pair, True) for pair in AccountIndex(there).similar_to(coming, most=3).to_pylist()]
    for pair, is_there in pairs:
        reasons = [{"code": reason.code, "values": dict(reason.values)} for reason in reasons_of(pair)]
        told = {"score": pair["score"], "reasons": reasons, "in_file": not is_there}
        if is_there and seen is not None and pair["other_id"] not in seen:
            hidden = {"hidden": True, "owner": known[pair["other_id"]]["owner__name"] or ""}
            # Reasons hold what the other's fields say.
            new[pair["account_id"]].alike.append(
                {"score": pair["score"], "reasons": [], "in_file": False, **hidden}
            )
            continue
        new[pair["account_id"]].alike.append({**told, "code": pair["other_id"], "name": pair["other_name"]})
        if not is_there:
            new[pair["other_id"]].alike.append(
                {**told, "code": pair["account_id"], "name": pair["account_name"]}
            )


def has_posts(user: User) -> bool:
    """Whether somebody who began an import still holds a post."""
    return bool(current_posts(user))
