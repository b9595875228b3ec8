"""What does a key account list say, all of it, so that a page, a PDF or a workbook can be made of it and it can be kept for ever?

document = list_document(find_key_accounts(lines))
kept = to_plain(document)                       # as JSON keeps it, money to the last digit
document == from_plain(ListDocument, kept)
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa

from keyaccount import __version__
from keyaccount.find.key_accounts import ACCOUNT_COLUMNS, KeyAccountList, Summary
from keyaccount.find.settings import FindSettings
from keyaccount.find.three_years import YearFigures
from keyaccount.find.whale import Whale
from keyaccount.periods import Period, year_ending
from keyaccount.plain import from_plain
from keyaccount.reasons import Reason

Status = Literal["calculated", "proposed", "published"]
Decided = Literal["", "accepted", "refused", "added"]
MoveKind = Literal["entered", "stayed", "left"]
GUARDS = ("profitless", "big_ticket", "one_time")
"""The verdicts of those who only look like key accounts."""
ENTRY_FIGURES = (*(name for name in ACCOUNT_COLUMNS if name not in ("account_id", "account_name", "verdict")), "sales_year_before")  # fmt: skip


@dataclass(frozen=True)
class Point:
    """A point of a curve: so many of the accounts, largest first, make so much of the total."""

    accounts_share: float
    running_share: float | None


@dataclass(frozen=True)
class Entry:
    """One account on the list, on a guard list, rising, or refused."""

    account_id: str
    account_name: str | None
    verdict: str
    figures: Mapping[str, Any]
    """By the names of `KeyAccountList.accounts`; what the reader may not see is absent. Money [company currency a year]."""
    reasons: tuple[Reason, ...]
    """The deciding one first."""
    decision: Decided = ""
    """Empty: nobody has decided yet."""
    decision_reason: str = ""
    kind: str = ""
    """transactional, value_added or strategic (F5); empty: not known."""
    role: str = ""
    """economic, important, group or strategic (F6); empty: not known."""
    owner: str = ""
    proposed: bool | None = None
    """Whether a yearly list's basis proposes it; None: no such list, and then the verdict says."""

    @property
    def is_proposed(self) -> bool:
        """Whether it would be on the list if nobody decided otherwise."""
        return self.verdict == "key" if self.proposed is None else self.proposed


@dataclass(frozen=True)
class Move:
    """How an account stands against the list before."""

    account_id: str
    account_name: str | None
    move: MoveKind
    causes: tuple[Reason, ...] = ()
    sales: Decimal | None = None
    sales_before: Decimal | None = None


@dataclass(frozen=True)
class Changes:
    """The list against an earlier one."""

    until: dt.date
    """Last day of the earlier list's year."""
    moves: tuple[Move, ...]

    def of(self, move: MoveKind) -> tuple[Move, ...]:
        """Those who moved so, largest first."""
        return tuple(one for one in self.moves if one.move == move)


@dataclass(frozen=True)
class Signature:
    """Who answers for a step on the way to the list."""

    part: Literal["proposed", "decided", "published"]
    name: str
    at: dt.datetime
    """As the clock where it was signed shows it."""
    remark: str = ""


@dataclass(frozen=True)
class ImportedFile:
    """A file that the figures were made of."""

    file: str
    sha256: str = ""
    source: str = ""


@dataclass(frozen=True)
class ListDocument:
    """A key account list with all that is needed to read it, defend it and make it again."""

    settings: FindSettings
    """Those of the run, `until` always said."""
    entries: tuple[Entry, ...]
    """Accounts in the set, rising or decided upon, by rank on the basis."""
    status: Status = "calculated"
    summary: Summary | None = None
    """The figures of the whole; None: not for this reader, and then no curve, year, loss or segment either."""
    years: tuple[YearFigures, ...] = ()
    """The year and the two before it, newest first."""
    sales_curve: tuple[Point, ...] = ()
    profit_curve: tuple[Point, ...] = ()
    """The whale curve; empty: profit is not judged."""
    losses: tuple[Mapping[str, Any], ...] = ()
    whale: Whale | None = None
    """None: no profit is judged."""
    segments: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Field → the rows of `segments`, largest first."""
    notes: tuple[Reason, ...] = ()
    """What could not be judged, and what to keep in mind."""
    changes: Changes | None = None
    """None: there is no earlier list to compare with."""
    signatures: tuple[Signature, ...] = ()
    snapshot: int | None = None
    imports: tuple[ImportedFile, ...] = ()
    version: str = __version__
    run: int | None = None
    unassigned: str | None = None
    holds_in: int | None = None
    """The year for which a yearly list is made; None: it is about the year that it looks at, and no list yet."""
    is_cut: bool = False
    """Whether accounts that the reader may not see are left out."""

    @property
    def year(self) -> Period:
        """The 12 months that the list is about."""
        assert self.settings.until is not None, "a list has a last day"  # noqa: S101
        return year_ending(self.settings.until)

    @property
    def is_decided(self) -> bool:
        """Whether people have said who is on it."""
        return any(entry.decision for entry in self.entries)

    @property
    def listed(self) -> tuple[Entry, ...]:
        """The accounts on the list: those accepted or added; before anybody has decided those proposed."""
        if self.is_decided:
            return tuple(entry for entry in self.entries if entry.decision in ("accepted", "added"))
        return tuple(entry for entry in self.entries if entry.is_proposed)

    @property
    def undecided(self) -> tuple[Entry, ...]:
        """Those proposed of whom nobody has said yet whether they are on it, where of others somebody has."""
        if not self.is_decided:
            return ()
        return tuple(entry for entry in self.entries if entry.is_proposed and not entry.decision)

    @property
    def refused(self) -> tuple[Entry, ...]:
        """Key accounts by the figures that people have refused."""
        return tuple(entry for entry in self.entries if entry.decision == "refused")

    def of(self, verdict: str) -> tuple[Entry, ...]:
        """The accounts of one verdict."""
        return tuple(entry for entry in self.entries if entry.verdict == verdict)

    def beside(self, verdict: str) -> tuple[Entry, ...]:
        """Those of a verdict who are not on the list: a guard list, or those rising."""
        return tuple(entry for entry in self.of(verdict) if entry.decision not in ("accepted", "added"))


@dataclass(frozen=True)
class Known:
    """What is known of an account beyond the ledger."""

    decision: Decided = ""
    decision_reason: str = ""
    kind: str = ""
    role: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Made:
    """What a list was made of."""

    snapshot: int | None = None
    imports: tuple[ImportedFile, ...] = ()
    version: str = __version__
    run: int | None = None
    unassigned: str | None = None

    @classmethod
    def of_run(cls, run: Mapping[str, Any]) -> "Made":
        """From what a run says of itself (`run_facts` of the command line)."""
        files = [_imported(one) for one in run.get("files", ())]
        return cls(run.get("snapshot"), tuple(files), run["version"], run.get("run"), run.get("unassigned"))


def list_document(
    result: KeyAccountList,
    *,
    known: Mapping[str, Known] | None = None,
    made: Made | None = None,
    status: Status = "calculated",
    changes: Changes | None = None,
    signatures: Iterable[Signature] = (),
) -> ListDocument:
    """The document of a list as `find` gives it.

    Parameters
    ----------
    known : by account id, what people have decided and records say.
    made : snapshot, imports, version and run.

    References
    ----------
    Issue "Decide the key account list", Out.
    """
    made = made or Made()
    return ListDocument(
        settings=result.settings,
        entries=entries_of(result.accounts, result, known),
        status=status,
        summary=result.summary,
        years=result.years,
        sales_curve=_points(result.sales_curve),
        profit_curve=_points(result.profit_curve),
        losses=tuple(result.losses.to_pylist()),
        whale=result.whale,
        segments={name: tuple(rows.to_pylist()) for name, rows in result.segments.items()},
        notes=result.notes,
        changes=changes,
        signatures=tuple(signatures),
        snapshot=made.snapshot,
        imports=made.imports,
        version=made.version,
        run=made.run,
        unassigned=made.unassigned,
    )


def document_of(told: Mapping[str, Any]) -> ListDocument:
    """The document from plain data: `to_plain` of one, as a published list keeps it, or the like written by hand."""
    return from_plain(ListDocument, told)


def entries_of(
    accounts: pa.Table, reasoning: Any, known: Mapping[str, Known] | None = None
) -> tuple[Entry, ...]:
    """The entries among rows of `KeyAccountList.accounts`; `reasoning` says by `reasons(row)` why each has its verdict."""
    known = known or {}
    entries = []
    for row in accounts.to_pylist():
        told = known.get(row["account_id"], Known())
        if row["is_unassigned"] or not (row["in_set"] or row["verdict"] == "rising" or told.decision):
            continue
        entries.append(
            Entry(
                account_id=row["account_id"],
                account_name=row["account_name"],
                verdict=row["verdict"],
                figures={name: row[name] for name in ENTRY_FIGURES},
                reasons=tuple(reasoning.reasons(row)),
                decision=told.decision,
                decision_reason=told.decision_reason,
                kind=told.kind,
                role=told.role,
                owner=told.owner,
            )
        )
    return tuple(entries)


_OF_THE_WHOLE = ("sales_share", "sales_running_share", "profit_running_share")


def without_the_whole(document: ListDocument) -> ListDocument:
    """The document for a reader who may see accounts but no figures of the company: these are absent, not zero.

    The reasons must have been said without them already.
    """
    entries = tuple(
        replace(
            entry,
            figures={name: value for name, value in entry.figures.items() if name not in _OF_THE_WHOLE},
        )
        for entry in document.entries
    )
    return replace(
        document,
        entries=entries,
        summary=None,
        years=(),
        sales_curve=(),
        profit_curve=(),
        losses=(),
        whale=None,
        segments={},
        notes=(),
        imports=(),
    )


def _points(curve: pa.Table | None) -> tuple[Point, ...]:
    if curve is None:
        return ()
    return tuple(Point(one["accounts_share"], one["running_share"]) for one in curve.to_pylist())


def _imported(told: Mapping[str, Any]) -> ImportedFile:
    return ImportedFile(
        str(told.get("file", "")), str(told.get("sha256") or ""), str(told.get("source") or "")
    )
