"""Which column holds which field? Guessed from the header, shown, overridden by hand, never chosen silently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyaccount.errors import KeyAccountError
from keyaccount.ledger.fields import (
    ACCOUNT_FIELDS,
    COST_TO_SERVE_FIELDS,
    GROUP_FIELDS,
    LEDGER_FIELDS,
    MERGED_FIELDS,
    Field,
    simplified,
)


class MappingError(KeyAccountError):
    """The columns of a table cannot be matched to the fields that it needs."""

    @property
    def candidates(self) -> dict[str, tuple[str, ...]]:
        """Field → columns to choose from, where that was the trouble."""
        candidates: dict[str, tuple[str, ...]] = self.values.get("candidates", {})
        return candidates


@dataclass(frozen=True)
class TableKind:
    """A kind of table that we read, its fields, and what it cannot do without."""

    name: str
    fields: tuple[Field, ...]
    needed: tuple[tuple[tuple[str, ...], ...], ...]
    """For each need, the sets of fields that answer it, the preferred set first."""

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


LEDGER = TableKind(
    "ledger",
    LEDGER_FIELDS,
    ((("account_id",), ("account_name",)), (("date",),), (("net_amount",), ("quantity", "unit_price"))),
)
GROUPS = TableKind("groups", GROUP_FIELDS, ((("account_id",),), (("parent_id",),)))
MERGED = TableKind("merged", MERGED_FIELDS, ((("account_id",),), (("into_id",),)))
ACCOUNTS = TableKind("accounts", ACCOUNT_FIELDS, ((("account_id",),), (("account_name",),)))
COST_TO_SERVE = TableKind("cost_to_serve", COST_TO_SERVE_FIELDS, ((("account_id",),), (("amount",),)))


@dataclass(frozen=True)
class ColumnMapping:
    """Field → column for one source, and what was left out."""

    columns: Mapping[str, str]
    guessed: frozenset[str]
    """Fields whose column was guessed from its name."""
    left_out: Mapping[str, tuple[str, ...]]
    """Fields that no figure depends on here, with several candidates: none of them is used."""
    unused: tuple[str, ...]
    """Columns that hold no field."""
    not_wanted: tuple[str, ...] = ()
    """Fields left out by hand."""

    def __contains__(self, field: str) -> bool:
        return field in self.columns


def map_columns(
    columns: Sequence[str], kind: TableKind, *, by_hand: Mapping[str, str] | None = None, place: str = ""
) -> ColumnMapping:
    """Match the header `columns` to the fields of `kind`.

    Parameters
    ----------
    by_hand : field → column; an empty column leaves the field out. Such fields are not guessed.
    place : file and sheet, for messages.

    Raises
    ------
    MappingError `mapping.unknown_field`, `mapping.no_such_column`, `mapping.ambiguous` (with `candidates`),
    `mapping.missing`.
    """
    by_hand = by_hand or {}
    _check_by_hand(columns, kind, by_hand, place)
    mapped = {field: column for field, column in by_hand.items() if column}
    several: dict[str, tuple[str, ...]] = {}
    for field in kind.fields:
        if field.name in by_hand:
            continue
        found = [one for one in candidates(columns, field) if one not in mapped.values()]
        if len(found) == 1:
            mapped[field.name] = found[0]
        elif found:
            several[field.name] = tuple(found)
    undecided = {name: found for name, found in several.items() if _decides(kind.field(name), mapped)}
    if undecided:
        raise MappingError("mapping.ambiguous", place=place, candidates=undecided)
    missing = [
        " | ".join(" + ".join(answer) for answer in answers)
        for answers in kind.needed
        if not any(_has(mapped, answer) for answer in answers)
    ]
    if missing:
        code = "mapping.missing" if kind is LEDGER else "mapping.missing_in_table"
        raise MappingError(code, place=place, table=kind.name, fields=missing, columns=list(columns))
    return ColumnMapping(
        columns=mapped,
        guessed=frozenset(mapped) - frozenset(by_hand),
        left_out={name: found for name, found in several.items() if name not in undecided},
        unused=tuple(column for column in columns if column not in mapped.values()),
        not_wanted=tuple(field for field, column in by_hand.items() if not column),
    )


def candidates(columns: Sequence[str], field: Field) -> list[str]:
    """The columns that may hold `field` by their names. One named exactly as the field stands alone."""
    named = [column for column in columns if simplified(column) in field.names]
    exact = [column for column in named if column == field.name]
    return exact or named


def recognised(
    header: Sequence[str | None], kind: TableKind, by_hand: Mapping[str, str] | None = None
) -> int:
    """How many cells of a row look like header cells of `kind`; cells named by hand count most."""
    cells = [cell for cell in header if cell]
    guessed = sum(any(candidates([cell], field) for field in kind.fields) for cell in cells)
    return guessed + 100 * len(set(cells) & {column for column in (by_hand or {}).values() if column})


def fits(header: Sequence[str | None], kind: TableKind, by_hand: Mapping[str, str] | None = None) -> bool:
    """Whether a header has candidates for all that `kind` needs."""
    by_hand = by_hand or {}
    cells = [cell for cell in header if cell]
    there = {field.name for field in kind.fields if field.name not in by_hand and candidates(cells, field)}
    there |= {field for field, column in by_hand.items() if column in cells}
    return all(any(_has(there, answer) for answer in answers) for answers in kind.needed)


def _has(mapped: Mapping[str, str] | set[str], answer: Sequence[str]) -> bool:
    return all(field in mapped for field in answer)


def _decides(field: Field, mapped: Mapping[str, str]) -> bool:
    """Whether a figure depends on which column is taken for `field`."""
    if field.name == "account_name":
        return "account_id" not in mapped
    if field.name in ("quantity", "unit_price", "discount"):
        return "net_amount" not in mapped
    return field.decides


def _check_by_hand(columns: Sequence[str], kind: TableKind, by_hand: Mapping[str, str], place: str) -> None:
    known = [field.name for field in kind.fields]
    for field, column in by_hand.items():
        if field not in known:
            raise MappingError("mapping.unknown_field", field=field, all_fields=", ".join(known))
        if column and column not in columns:
            raise MappingError(
                "mapping.no_such_column", field=field, column=column, place=place, columns=list(columns)
            )
