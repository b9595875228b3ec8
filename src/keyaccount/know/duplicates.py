"""Which accounts are one customer, entered twice? Pairs with a score and the reasons for it (K9)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from keyaccount.errors import KeyAccountError, SettingError
from keyaccount.know.names import (
    NameParts,
    TaxKey,
    has_han,
    name_parts,
    normalise,
    phone_keys,
    sound,
    tax_key,
)
from keyaccount.know.places import provinces
from keyaccount.reasons import Reason
from keyaccount.tables import TableError

MOST_IN_BLOCK = 100
"""Accounts that share a name, a telephone or the like beyond which they are not compared for it: 散户, a switchboard."""

PAIR_TYPES = pa.schema(
    {
        "account_id": pa.string(),
        "other_id": pa.string(),
        "account_name": pa.string(),
        "other_name": pa.string(),
        "score": pa.float64(),
        "reasons": pa.string(),
    }
)


@dataclass(frozen=True)
class DuplicateSettings:
    """What speaks how strongly for one customer, and against it; checked when made.

    Raises SettingError `setting.range`.
    """

    least: float = 0.7
    """Pairs with a lower score are left out, in [0.5, 1]: below, blocking does not look."""
    same_tax: float = 0.97
    """For: the same organisation by its tax number."""
    same_phone: float = 0.4
    """For: the same telephone number."""
    same_address: float = 0.3
    """For: the same address."""
    other_legal_form: float = 0.97
    """Times: the name apart from its legal form is the same (有限公司, 股份有限公司)."""
    other_order: float = 0.95
    """Times: the same parts, written otherwise (杭州 in front, or in brackets)."""
    same_sound: float = 0.85
    """Times: the brands sound alike (瀚璞, 汉普)."""
    one_edit: float = 0.85
    """Times: the brands, of four characters or more (six letters), differ in one, not among the first two."""
    longer_brand: float = 0.6
    """Times: one brand begins with the other."""
    place_missing: float = 0.85
    """Times: one name has a place, the other none."""
    place_wider: float = 0.5
    """Times: one has only the province of the other's city."""
    trade_wider: float = 0.75
    """Times: one trade is part of the other (机械, 精密机械)."""
    trade_missing: float = 0.7
    """Times: one name has a trade, the other none."""
    other_trade: float = 0.3
    """Times: the trades differ."""
    other_tax: float = 0.25
    """Against: two valid tax numbers of two organisations."""
    other_place: float = 0.2
    """Against: different places."""
    other_unit: float = 0.4
    """Against: different branches, shops or sites, or one of them is none; one is a 集团 and the other not."""
    other_numerals: float = 0.3
    """Against: different numerals (一分店, 二分店)."""
    parent: float = 0.1
    """Against: one is the other's parent."""

    def __post_init__(self) -> None:
        for field in fields(self):
            low = 0.5 if field.name == "least" else 0.0
            if not low <= getattr(self, field.name) <= 1:
                raise SettingError(
                    "setting.range",
                    name=f"duplicates.{field.name}",
                    allowed=f"[{low:g}, 1]",
                    value=getattr(self, field.name),
                )


class AccountError(KeyAccountError):
    """The accounts to compare cannot be told apart."""


def find_duplicates(accounts: pa.Table, *, settings: DuplicateSettings | None = None) -> pa.Table:
    """Pairs of accounts that may be one customer.

    score = (1 − (1 − name) × (1 − tax) × (1 − phone) × (1 − address)) × all that speaks against it. `name` is 1 for the same
    core (`names.normalise`), otherwise the product of what its parts tell (`names.name_parts`): brand × place × trade ×
    order. `tax`, `phone` and `address` are their settings where they are the same, else 0.

    Not all pairs are compared but those that share the tax number, a telephone, the core of the name, or the sound of the
    brand (or of its first two characters) with the place or with the trade. What more than `MOST_IN_BLOCK` accounts
    share is no reason to compare them.

    Parameters
    ----------
    accounts : one row per account
        account_id (unique, not null); account_name; and, where there are, tax_number, phone, address, parent_id (an account_id).
    settings : least score and weights; presets in `DuplicateSettings`.

    Returns
    -------
    one row per pair, largest score first, ties by the ids
        account_id < other_id by code point; account_name; other_name; score in [0, 1]; reasons, as `reasons_of` reads them.

    Raises
    ------
    TableError `column.missing`; AccountError `duplicates.no_id`, `duplicates.same_id`.

    References
    ----------
    Row K9. Worked by hand in docs/worked/duplicates.toml. It misleads where names are made of places and trades alone, and
    cannot see that a customer was renamed, unless tax number or telephone stayed.
    """
    return AccountIndex(accounts, settings=settings).duplicates()


def duplicate_records(accounts: pa.Table, pair: Mapping[str, Any]) -> pa.Table:
    """The rows of `accounts` behind one row of `find_duplicates`."""
    ids = {pair["account_id"], pair["other_id"]}
    return accounts.filter(pa.array([one in ids for one in accounts["account_id"].to_pylist()], pa.bool_()))


def reasons_of(row: Mapping[str, Any]) -> list[Reason]:
    """All reasons for the score of one row, those for it first."""
    return [Reason(one["code"], one["values"]) for one in json.loads(row["reasons"])]


def comparison_keys(account: Mapping[str, Any]) -> tuple[str, ...]:
    """What accounts must share, at least one of them, to be compared at all: so that few need be fetched.

    account : account_name and, where there are, tax_number, phone, address.
    """
    return _Seen({"account_id": "", **account}).keys


class AccountIndex:
    """Accounts made ready to be compared with others, many times: on entry, and for each row of an import."""

    def __init__(self, accounts: pa.Table, *, settings: DuplicateSettings | None = None) -> None:
        self.settings = settings or DuplicateSettings()
        self._accounts = _seen(accounts)
        self._blocks: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(self._accounts):
            for key in one.keys:
                self._blocks[key].append(place)

    def duplicates(self) -> pa.Table:
        """As `find_duplicates`."""
        pairs = [
            pair
            for place, one in enumerate(self._accounts)
            for other in sorted(self._near(one))
            if other > place and (pair := self._pair(one, self._accounts[other]))
        ]
        return _table(pairs)

    def similar(self, candidate: Mapping[str, Any], *, most: int = 20) -> pa.Table:
        """The accounts that `candidate` may be, best first: rows as of `find_duplicates`, account_id the candidate's.

        candidate : account_name, tax_number, phone, address, parent_id; an account_id, if it has one, is not found itself.
        """
        row = {**candidate, "account_id": candidate.get("account_id") or ""}
        return self.similar_to(pa.Table.from_pylist([row]), most=most)

    def similar_to(self, candidates: pa.Table, *, most: int = 20) -> pa.Table:
        """For each row of `candidates` the `most` likely accounts of the index: rows as of `find_duplicates`.

        account_id is the candidate's and other_id the account's, sorted by the order of the candidates, then by score.
        """
        pairs = []
        for one in _seen(candidates):
            found = [
                pair
                for other in sorted(self._near(one))
                if self._accounts[other].account_id != one.account_id
                and (pair := self._pair(one, self._accounts[other], keep_order=True))
            ]
            pairs += sorted(found, key=_best_first)[:most]
        return _table(pairs, in_order=True)

    @property
    def crowded(self) -> list[tuple[str, int]]:
        """What more than `MOST_IN_BLOCK` accounts share, so that they were not compared for it, and how many they are."""
        found = [
            (key.split(" ", 1)[1], len(ones))
            for key, ones in self._blocks.items()
            if len(ones) > MOST_IN_BLOCK
        ]
        return sorted(set(found), key=lambda one: (-one[1], one[0]))

    def _near(self, one: "_Seen") -> set[int]:
        near: set[int] = set()
        for key in one.keys:
            block = self._blocks.get(key, ())
            if len(block) <= MOST_IN_BLOCK:
                near.update(block)
        return near

    def _pair(self, one: "_Seen", other: "_Seen", *, keep_order: bool = False) -> dict[str, Any] | None:
        if not keep_order and other.account_id < one.account_id:
            one, other = other, one
        score, reasons = _compared(one, other, self.settings)
        if score < self.settings.least:
            return None
        return {
            "account_id": one.account_id,
            "other_id": other.account_id,
            "account_name": one.account_name,
            "other_name": other.account_name,
            "score": score,
            "reasons": json.dumps(
                [{"code": reason.code, "values": reason.values} for reason in reasons], ensure_ascii=False
            ),
        }


class _Seen:
    """One account as it is compared."""

    __slots__ = (
        "account_id",
        "account_name",
        "address",
        "keys",
        "parent_id",
        "parts",
        "phones",
        "sound",
        "tax",
    )

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.account_id: str = row["account_id"]
        self.account_name: str = row.get("account_name") or ""
        self.parts: NameParts = name_parts(self.account_name)
        self.sound = sound(self.parts.brand)
        self.tax: TaxKey = tax_key(row.get("tax_number"))
        self.phones = frozenset(key.number for key in phone_keys(row.get("phone")) if len(key.number) >= 5)
        self.address = normalise(row.get("address"))
        self.parent_id: str | None = row.get("parent_id")
        self.keys = tuple(dict.fromkeys(self._keys()))

    def _keys(self) -> Iterator[str]:
        """What accounts must share to be compared; the first word tells what it is."""
        parts = self.parts
        if self.tax.organisation:
            yield f"tax {self.tax.organisation}"
        for phone in self.phones:
            yield f"phone {phone}"
        if not parts.core:
            return
        yield f"core {parts.core}"
        where = "".join(sorted(parts.places))
        brand = parts.brand
        pieces = {self.sound}
        if has_han(brand) and len(brand) >= 4:
            pieces.add(f"{sound(brand[:2])}…")
        elif not has_han(brand) and len(brand) >= 6:
            pieces |= {f"{brand[:3]}…", f"…{brand[-3:]}"}
        for piece in sorted(pieces):
            yield f"place {piece} {where}"
            yield f"trade {piece} {parts.trade}"


def _seen(accounts: pa.Table) -> list[_Seen]:
    """The accounts by id. Raises TableError, AccountError."""
    missing = [name for name in ("account_id", "account_name") if name not in accounts.column_names]
    if missing:
        raise TableError("column.missing", table="accounts", columns=missing, there=accounts.column_names)
    names = [
        name
        for name in ("account_id", "account_name", "tax_number", "phone", "address", "parent_id")
        if name in accounts.column_names
    ]
    rows = accounts.select(names).to_pylist()
    ids = [row["account_id"] for row in rows]
    if None in ids:
        raise AccountError("duplicates.no_id", rows=[at + 1 for at, one in enumerate(ids) if one is None])
    if len(set(ids)) < len(ids):
        raise AccountError(
            "duplicates.same_id", ids=sorted(one for one, times in Counter(ids).items() if times > 1)
        )
    return [_Seen(row) for row in rows]


def _compared(one: _Seen, other: _Seen, settings: DuplicateSettings) -> tuple[float, list[Reason]]:
    """The score of a pair, the same whichever comes first, and why."""
    reasons: list[Reason] = []
    against: list[Reason] = []
    name, said = _name_likeness(one.parts, other.parts, one.sound, other.sound, settings)
    missing = 1 - name
    if name >= 0.5:
        reasons += said
    if one.tax.organisation and one.tax.organisation == other.tax.organisation:
        missing *= 1 - settings.same_tax
        reasons.append(Reason("duplicate.same_tax", {"number": max(one.tax.number, other.tax.number)}))
    if shared := sorted(one.phones & other.phones):
        missing *= 1 - settings.same_phone
        reasons.append(Reason("duplicate.same_phone", {"number": shared[0]}))
    if one.address and one.address == other.address:
        missing *= 1 - settings.same_address
        reasons.append(Reason("duplicate.same_address", {}))
    score = 1 - missing
    for factor, code in _against(one, other, settings):
        score *= factor
        against.append(Reason(code, {}))
    return round(score, 4), reasons + against


def _name_likeness(
    one: NameParts, other: NameParts, one_sound: str, other_sound: str, settings: DuplicateSettings
) -> tuple[float, list[Reason]]:
    if not one.core or not other.core:
        return 0.0, []
    form = one.legal != other.legal and bool(one.legal and other.legal)
    if one.core == other.core:
        if form:
            values = {"one": min(one.legal, other.legal), "other": max(one.legal, other.legal)}
            return settings.other_legal_form, [Reason("duplicate.other_legal_form", values)]
        return 1.0, [Reason("duplicate.same_name", {"core": one.core})]
    steps = [
        _brand(one.brand, other.brand, one_sound, other_sound, settings),
        _place(one.places, other.places, settings),
        _trade(one.trade, other.trade, settings),
    ]
    likeness = settings.other_legal_form if form else 1.0
    reasons = []
    for factor, code in steps:
        likeness *= factor
        if code:
            reasons.append(Reason(code, {}))
    if not reasons:
        return likeness * settings.other_order, [Reason("duplicate.other_order", {})]
    return likeness, reasons


def _brand(
    one: str, other: str, one_sound: str, other_sound: str, settings: DuplicateSettings
) -> tuple[float, str]:
    from rapidfuzz.distance import OSA

    if one == other:
        return 1.0, ""
    if one_sound == other_sound:
        return settings.same_sound, "duplicate.same_sound"
    shorter, longer = sorted((one, other), key=len)
    # In 字号 of two characters every one tells: 泓达 is not 泓远.
    may_err = one[:2] == other[:2] and len(shorter) >= 4 if has_han(shorter) else len(shorter) >= 6
    if may_err and OSA.distance(one, other, score_cutoff=1) == 1:
        return settings.one_edit, "duplicate.one_edit"
    if len(shorter) >= 2 and len(longer) - len(shorter) >= 2 and longer.startswith(shorter):
        return settings.longer_brand, "duplicate.longer_brand"
    return 0.0, ""


def _place(one: frozenset[str], other: frozenset[str], settings: DuplicateSettings) -> tuple[float, str]:
    """What places tell as parts of a name; that they differ speaks against the pair as a whole."""
    if one == other:
        return 1.0, ""
    if not one or not other:
        return settings.place_missing, "duplicate.place_missing"
    known = provinces()
    cities, other_cities = _cities(one), _cities(other)
    if cities == other_cities and cities:
        return 1.0, ""  # 浙江杭州 and 杭州
    if not cities and {known[city] for city in other_cities} & one:
        return settings.place_wider, "duplicate.place_wider"
    if not other_cities and {known[city] for city in cities} & other:
        return settings.place_wider, "duplicate.place_wider"
    return 1.0, ""


def _trade(one: str, other: str, settings: DuplicateSettings) -> tuple[float, str]:
    if one == other:
        return 1.0, ""
    if not one or not other:
        return settings.trade_missing, "duplicate.trade_missing"
    if one in other or other in one:
        return settings.trade_wider, "duplicate.trade_wider"
    return settings.other_trade, "duplicate.other_trade"


def _against(one: _Seen, other: _Seen, settings: DuplicateSettings) -> Iterator[tuple[float, str]]:
    parts, others = one.parts, other.parts
    if one.tax.organisation and other.tax.organisation and one.tax.organisation != other.tax.organisation:
        yield settings.other_tax, "duplicate.against.tax"
    if _places_differ(parts.places, others.places):
        yield settings.other_place, "duplicate.against.place"
    if parts.numerals != others.numerals:
        yield settings.other_numerals, "duplicate.against.numerals"
    elif parts.unit != others.unit or ("集团" in parts.core) != ("集团" in others.core):
        yield settings.other_unit, "duplicate.against.unit"
    if one.parent_id == other.account_id or other.parent_id == one.account_id:
        yield settings.parent, "duplicate.against.parent"


def _places_differ(one: Iterable[str], other: Iterable[str]) -> bool:
    """杭州 and 宁波, or 浙江 and 江苏; not 浙江 and 杭州."""
    known = provinces()
    cities, other_cities = _cities(one), _cities(other)
    if cities and other_cities:
        return cities != other_cities
    inside = {known[place] for place in one} - {""}
    outside = {known[place] for place in other} - {""}
    return bool(inside and outside) and not inside & outside


def _cities(places: Iterable[str]) -> frozenset[str]:
    """Those that are neither a province nor the country."""
    known = provinces()
    return frozenset(place for place in places if known[place] not in ("", place))


def _best_first(pair: Mapping[str, Any]) -> tuple[float, str, str]:
    return -pair["score"], pair["account_id"], pair["other_id"]


def _table(pairs: list[dict[str, Any]], *, in_order: bool = False) -> pa.Table:
    return pa.Table.from_pylist(pairs if in_order else sorted(pairs, key=_best_first), schema=PAIR_TYPES)
