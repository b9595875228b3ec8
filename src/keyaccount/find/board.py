"""What does a director hand to the board? The key account list as a PDF: findings, the list, the guard lists, method and settings.

The figures and texts are put together here, `board.typ` says where they stand.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from keyaccount.find.document import GUARDS, Entry, ListDocument, Move, Point
from keyaccount.find.paper import as_pdf, breakable
from keyaccount.find.sentences import (
    change,
    concentration_sentence,
    department_sentence,
    headline,
    joined,
    not_judged,
    shown_name,
    verdict_name,
    whale_sentence,
    year_name,
)
from keyaccount.find.settings import FindSettings
from keyaccount.language import message
from keyaccount.money import TableUnit, show_money, table_unit

MOST_ROWS = 1500
"""Accounts printed of each list; the rest is counted and left to the workbook."""
MOST_FILES = 30
MOST_CHANGED = 10
MOST_LOSSES = 5
_POINTS = 240


def board_pdf(document: ListDocument, lang: str) -> bytes:
    """The list as a PDF of A4 pages in `lang`; the same document gives the same bytes.

    Raises PaperError `document.no_typst`.
    """
    return as_pdf("board.typ", _Paper(document, lang).data())


@dataclass(frozen=True)
class _Column:
    """A column of a printed table; `width` in millimetres, or as a share ("1fr")."""

    head: str
    cell: Callable[[Any], Any]
    width: str
    right: bool = False
    small: bool = False


class _Paper:
    """Everything that stands on the paper, as text."""

    def __init__(self, document: ListDocument, lang: str) -> None:
        self.document, self.lang = document, lang
        amounts = [abs(one.figures["sales"]) for one in document.entries if one.figures.get("sales")]
        self.unit: TableUnit = table_unit(max(amounts, default=Decimal(0)), lang)

    def text(self, code: str, **values: Any) -> str:
        return message(f"document.{code}", self.lang, **values)

    def data(self) -> dict[str, Any]:
        document = self.document
        year = year_name(document.year, self.lang)
        if document.holds_in is not None:
            year = message("year.calendar", self.lang, year=document.holds_in)
        return {
            "lang": self.lang,
            "title": self.text("title_year", year=year),
            "status": self.text(f"status.{document.status}"),
            "until": self.text("until", until=document.settings.until),
            "page": self.text("page", n="#n", of="#of"),
            "foot": f"keyaccount {document.version}",
            "headline": self._headline(),
            "tiles": self._tiles(),
            "chart": self._chart(),
            "findings": self._findings(),
            "first_page": [*self._years(), *self._verdicts(), *self._losses()],
            "signatures": self._signatures(),
            "parts": [*self._list(), *self._guards(), *self._rising(), *self._changes()],
            "appendix": self._appendix(),
        }

    # Page one

    def _headline(self) -> str:
        document = self.document
        if document.summary is None:
            return self.text("own_accounts", n=len(document.listed))
        return headline(document, self.lang)

    def _findings(self) -> list[str]:
        document, summary = self.document, self.document.summary
        told = []
        if document.is_decided:
            decisions = [entry.decision for entry in document.entries]
            told.append(
                self.text(
                    "decided",
                    n=len(document.listed),
                    accepted=decisions.count("accepted"),
                    added=decisions.count("added"),
                    refused=decisions.count("refused"),
                )
            )
            if undecided := document.undecided:
                told.append(self.text("undecided_yet", n=len(undecided)))
        if summary is not None:
            told.append(concentration_sentence(document, self.lang))
            if document.whale is not None:
                told.append(whale_sentence(document.whale, self.lang))
            told.append(department_sentence(document, self.lang))
        if document.is_cut:
            return [*told, self.text("cut", n=len(document.listed))]
        guarded = [entry for verdict in GUARDS for entry in document.beside(verdict)]
        if guarded:
            sales = _sum(entry.figures.get("sales") for entry in guarded)
            told.append(
                self.text("guards", n=len(guarded), sales=sales or Decimal(0), title=self.text("guard_lists"))
            )
        if document.changes is not None:
            told.append(self._changes_sentence())
        return told

    def _tiles(self) -> list[dict[str, str]]:
        document, summary = self.document, self.document.summary
        if summary is None:
            return []
        if document.is_cut:  # sums over some of the list would be taken for those of all
            return [
                self._tile(
                    "listed", f"{summary.verdicts['key']:,}", self.text("tile.accounts", n=summary.accounts)
                ),
                *self._sales_tile(),
            ]
        listed = document.listed
        sales, profit = (
            _sum(entry.figures.get("sales") for entry in listed),
            _sum(entry.figures.get("profit") for entry in listed),
        )
        tiles = [
            self._tile("listed", f"{len(listed):,}", self.text("tile.accounts", n=summary.accounts)),
            self._tile(
                "listed_sales", show_money(sales or Decimal(0), self.lang), self._of(sales, summary.sales)
            ),
        ]
        if profit is not None and summary.profit is not None:
            tiles.append(
                self._tile("listed_profit", show_money(profit, self.lang), self._of(profit, summary.profit))
            )
        return [*tiles, *self._sales_tile()]

    def _sales_tile(self) -> list[dict[str, str]]:
        document, summary = self.document, self.document.summary
        if summary is None:
            return []
        before = document.years[1] if len(document.years) > 1 and document.years[1].complete else None
        growth = change(summary.sales, before.sales) if before else None
        beside = self.text("tile.growth", change=_signed(growth)) if growth is not None else ""
        return [self._tile("sales", show_money(summary.sales, self.lang), beside)]

    def _tile(self, name: str, figure: str, beside: str) -> dict[str, str]:
        return {"name": self.text(f"tile.{name}"), "figure": figure, "beside": beside}

    def _of(self, part: Decimal | None, whole: Decimal) -> str:
        return self.text("tile.of", share=part / whole) if part is not None and whole > 0 else ""

    def _chart(self) -> dict[str, Any] | None:
        document, summary = self.document, self.document.summary
        if summary is None or not document.sales_curve:
            return None
        sales, profit = _drawn(document.sales_curve), _drawn(document.profit_curve)
        heights = [0.0, 1.0, *(y for _, y in (*sales, *profit))]
        least, most = _grid(min(heights), down=True), _grid(max(heights))
        settings = document.settings
        top = summary.top_amount_share if settings.basis == "sales" else None
        labels = [{"at": _at(sales, 0.62), "below": 1.6, "text": self.text("curve.sales"), "ours": True}]
        if profit:
            peak = max(profit, key=lambda point: point[1])
            labels.append({"at": peak, "below": -4.2, "text": self.text("curve.profit"), "ours": False})
        code = "chart.sales" if top is not None else "chart.title"
        return {
            "title": message(code, self.lang, top=settings.top_share, amount=summary.top_amount_share),
            "sales": sales,
            "profit": profit or None,
            "least": least,
            "most": most,
            "line": float(settings.share),
            "line_text": self.text("curve.line", share=settings.share),
            "top": [float(settings.top_share), top] if top is not None else None,
            "top_text": "" if top is None else f"{float(settings.top_share):.0%} → {top:.1%}",
            "labels": labels,
            "x_title": self.text("axis.accounts"),
            "x_ticks": [{"at": at / 5, "text": f"{at * 20}%"} for at in range(6)],
            "y_ticks": [
                {"at": at / 5, "text": f"{at * 20}%"} for at in range(round(least * 5), round(most * 5) + 1)
            ],
        }

    def _years(self) -> list[dict[str, Any]]:
        if not self.document.years:
            return []
        top = self.document.settings.top_share
        columns = [
            _Column(self._head("year"), self._year_text, "1fr"),
            _Column(self._head("accounts"), lambda year: f"{year.accounts:,}", "18", right=True),
            _Column(self._head("sales"), lambda year: show_money(year.sales, self.lang), "25", right=True),
            _Column(
                self._head("profit"),
                lambda year: _or_dash(year.profit, self.lang),
                "25",
                right=True,
            ),
            _Column(self._head("set_size"), lambda year: f"{year.set_size:,}", "16", right=True),
            _Column(
                self._head("top_share", top=top),
                lambda year: _percent(year.top_amount_share),
                "31",
                right=True,
            ),
        ]
        return [{"title": self.text("figures"), **self._table(columns, self.document.years)}]

    def _verdicts(self) -> list[dict[str, Any]]:
        summary, unjudged = self.document.summary, not_judged(self.document)
        if summary is None:
            return []

        def of(amounts: Mapping[str, Decimal | None], verdict: str) -> str:
            return _or_dash(None if verdict in unjudged else amounts.get(verdict), self.lang)

        columns = [
            _Column(self._head("verdict"), lambda one: verdict_name(one, self.lang), "1fr"),
            _Column(
                self._head("accounts"),
                lambda one: "—" if one in unjudged else f"{summary.verdicts[one]:,}",
                "22",
                right=True,
            ),
            _Column(self._head("sales"), lambda one: of(summary.verdict_sales, one), "30", right=True),
            _Column(self._head("profit"), lambda one: of(summary.verdict_profit, one), "30", right=True),
            _Column(self._head("sales_share"), lambda one: self._share_of(one, unjudged), "48", right=True),
        ]
        return [{"title": self.text("verdicts"), **self._table(columns, list(summary.verdicts))}]

    def _share_of(self, verdict: str, unjudged: Collection[str]) -> str:
        summary = self.document.summary
        if summary is None or verdict in unjudged or summary.sales <= 0:
            return "—"
        return _percent(summary.verdict_sales[verdict] / summary.sales)

    def _losses(self) -> list[dict[str, Any]]:
        if not self.document.losses:
            return []
        columns = [
            _Column(self._head("account"), lambda one: breakable(shown_name(one)), "1fr"),
            _Column(self._head("sales"), lambda one: _or_dash(one["sales"], self.lang), "30", right=True),
            _Column(
                self._head("sales_lost_share"),
                lambda one: _percent(one["sales_lost_share"]),
                "20",
                right=True,
            ),
            _Column(
                self._head("sales_left"), lambda one: _or_dash(one["sales_left"], self.lang), "30", right=True
            ),
            _Column(
                self._head("profit_left"),
                lambda one: _or_dash(one.get("profit_left"), self.lang),
                "30",
                right=True,
            ),
        ]
        return [{"title": self.text("losses"), **self._table(columns, self.document.losses[:MOST_LOSSES])}]

    def _year_text(self, year: Any) -> str:
        name = year_name(year.period, self.lang)
        return name if year.complete else message("years.incomplete", self.lang, year=name)

    def _signatures(self) -> dict[str, Any] | None:
        if self.document.summary is None and not self.document.signatures:
            return None
        columns = [
            _Column(self.text("column.part"), lambda one: self.text(f"signed.{one.part}"), "28"),
            _Column(self.text("column.name"), lambda one: one.name, "40"),
            _Column(self.text("column.at"), lambda one: f"{one.at:%Y-%m-%d %H:%M}", "36"),
            _Column(self.text("column.remark"), lambda one: breakable(one.remark), "1fr"),
        ]
        return {
            "title": self.text("signatures"),
            "none_yet": self.text("not_signed"),
            "blanks": [self.text(f"signed.{part}") for part in ("proposed", "decided", "published")],
            **self._table(columns, self.document.signatures),
        }

    # The lists

    def _list(self) -> list[dict[str, Any]]:
        listed = self.document.listed
        parts = [
            self._part(self.text("list", n=len(listed)), listed, breaks=self.document.summary is not None)
        ]
        if undecided := self.document.undecided:
            parts.append(self._part(self.text("undecided", n=len(undecided)), undecided, level=2))
        if refused := self.document.refused:
            parts.append(self._part(self.text("refused", n=len(refused)), refused, level=2))
        return parts

    def _rising(self) -> list[dict[str, Any]]:
        rising = self.document.beside("rising")
        if not rising:
            return []
        title = self.text("rising", n=len(rising))
        return [self._part(title, rising, sentences=[self._rule("rising")], columns=self._short_columns())]

    def _guards(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for verdict in GUARDS:
            entries = self.document.beside(verdict)
            title = message(
                "title.guard", self.lang, verdict=verdict_name(verdict, self.lang), n=len(entries)
            )
            if not entries or verdict in not_judged(self.document):
                continue
            parts.append(
                self._part(
                    title, entries, level=2, sentences=[self._rule(verdict)], columns=self._short_columns()
                )
            )
        heading = {
            "title": self.text("guard_lists"),
            "level": 1,
            "breaks": True,
            "sentences": [] if parts else [self.text("none")],
            "table": None,
        }
        return [heading, *parts]

    def _part(
        self,
        title: str,
        entries: Sequence[Entry],
        *,
        level: int = 1,
        breaks: bool = False,
        sentences: Sequence[str] = (),
        columns: Sequence[_Column] | None = None,
    ) -> dict[str, Any]:
        said = [*sentences] if entries else [*sentences, self.text("none")]
        table = self._table(columns or self._entry_columns(), entries) if entries else None
        return {"title": title, "level": level, "breaks": breaks, "sentences": said, "table": table}

    def _short_columns(self) -> list[_Column]:
        """Without shares: what matters of those not on the list is why."""
        return [
            *self._first_columns("1fr"),
            _Column(self._head("reasons"), self._why, "1.35fr", small=True),
        ]

    def _first_columns(self, width: str) -> list[_Column]:
        return [
            _Column(self.text("column.rank"), self._rank, "9.5", right=True),
            _Column(self._head("account"), self._name, width),
            _Column(self._money_head("sales"), lambda one: self._money(one, "sales"), "18.5", right=True),
            _Column(self.text("column.change"), lambda one: _signed(_growth(one)), "18.5", right=True),
            _Column(self._money_head("profit"), lambda one: self._money(one, "profit"), "17", right=True),
        ]

    def _entry_columns(self) -> list[_Column]:
        columns = self._first_columns("1.2fr")
        if self.document.summary is not None:
            basis = self.document.settings.basis
            running = f"{basis}_running_share"
            columns += [
                _Column(
                    self._head("sales_share"),
                    lambda one: _percent(one.figures.get("sales_share")),
                    "12",
                    right=True,
                ),
                _Column(
                    self._head("sales_running_share"),
                    lambda one: _percent(one.figures.get(running)),
                    "13.5",
                    right=True,
                ),
            ]
        return [*columns, _Column(self._head("reasons"), self._why, "1fr", small=True)]

    def _rank(self, entry: Entry) -> str:
        rank = entry.figures.get(f"{self.document.settings.basis}_rank")
        return "—" if rank is None else f"{rank:,}"

    def _name(self, entry: Entry) -> dict[str, str] | str:
        beside = [breakable(entry.account_id)]
        beside += [self.text(f"kind.{entry.kind}")] if entry.kind else []
        beside += [self.text(f"role.{entry.role}")] if entry.role else []
        # A word joiner keeps a name on one line.
        beside += ["\u2060".join(entry.owner)] if entry.owner else []
        name = breakable(entry.account_name or entry.account_id)
        return {"main": name, "beside": " · ".join(beside)}

    def _why(self, entry: Entry) -> dict[str, str] | str:
        # Rank and shares stand in columns of their own, where the reader may see them.
        told = [one for one in entry.reasons if not one.code.startswith("reason.in_set.")]
        why = breakable(joined(told or entry.reasons, self.lang))
        if not entry.decision:
            return why
        decided = self.text(f"decision.{entry.decision}")
        said = (
            f"{decided}{'：' if self.lang == 'zh' else ': '}{entry.decision_reason}"
            if entry.decision_reason
            else decided
        )
        return {"main": why, "beside": breakable(said)}

    # Against the year before

    def _changes(self) -> list[dict[str, Any]]:
        told = self.document.changes
        if told is None:
            return self._sales_changes()
        parts: list[dict[str, Any]] = [
            {
                "title": self.text("against_last"),
                "level": 1,
                "breaks": True,
                "sentences": [self._changes_sentence()],
                "table": None,
            }
        ]
        for move in ("entered", "left", "stayed"):
            if moves := told.of(move):
                table = self._table(self._move_columns(), moves)
                title = self.text(f"move.{move}", n=len(moves))
                parts.append({"title": title, "level": 2, "breaks": False, "sentences": [], "table": table})
        return parts

    def _changes_sentence(self) -> str:
        told = self.document.changes
        assert told is not None, "asked for only where there is an earlier list"  # noqa: S101
        counts = {move: len(told.of(move)) for move in ("entered", "stayed", "left")}
        return self.text("changes", until=told.until, **counts)

    def _move_columns(self) -> list[_Column]:
        def money(name: str) -> Callable[[Move], str]:
            return lambda one: self.unit.shown(getattr(one, name))

        return [
            _Column(
                self._head("account"),
                lambda one: {
                    "main": breakable(one.account_name or one.account_id),
                    "beside": breakable(one.account_id),
                },
                "1.2fr",
            ),
            _Column(self._money_head("sales_before", own=True), money("sales_before"), "26", right=True),
            _Column(self._money_head("sales"), money("sales"), "24", right=True),
            _Column(
                self.text("column.change"),
                lambda one: _signed(change(one.sales, one.sales_before)),
                "18",
                right=True,
            ),
            _Column(self.text("column.causes"), lambda one: breakable(joined(one.causes, self.lang)), "1fr"),
        ]

    def _sales_changes(self) -> list[dict[str, Any]]:
        """Without a list of last year: those on the list whose sales moved most."""
        moved = [one for one in self.document.listed if _moved(one)]
        largest = sorted(moved, key=lambda one: (-abs(_moved(one)), one.account_id))[:MOST_CHANGED]
        columns = [
            _Column(self._head("account"), self._name, "1fr"),
            _Column(
                self._money_head("sales_before", own=True),
                lambda one: self._money(one, "sales_year_before"),
                "32",
                right=True,
            ),
            _Column(self._money_head("sales"), lambda one: self._money(one, "sales"), "32", right=True),
            _Column(self.text("column.change"), lambda one: _signed(_growth(one)), "26", right=True),
        ]
        table = self._table(columns, largest) if largest else None
        said = [self.text("no_changes")]
        if largest:
            said.append(self.text("most_changed"))
        return [
            {
                "title": self.text("against_last"),
                "level": 1,
                "breaks": False,
                "sentences": said,
                "table": table,
            }
        ]

    # The appendix

    def _appendix(self) -> dict[str, Any]:
        document = self.document
        settings, basis = document.settings, document.settings.basis
        method = [
            self.text("method.rank", basis=self.text(f"method.basis.{basis}"), share=settings.share),
            self._rule("key"),
            *(self._rule(verdict) for verdict in (*GUARDS, "rising")),
            self.text("method.profit", cover=settings.cost_coverage),
        ]
        parts: list[dict[str, Any]] = [{"title": self.text("method"), "sentences": method, "table": None}]
        if document.notes:
            notes = [note.text(self.lang) for note in document.notes]
            parts.append({"title": self.text("notes"), "sentences": notes, "table": None})
        parts.append({"title": self.text("settings"), "sentences": [], "table": self._settings()})
        parts.append({"title": self.text("sources"), **self._sources()})
        return {"title": self.text("appendix"), "parts": parts}

    def _rule(self, verdict: str) -> str:
        settings = self.document.settings
        values: dict[str, dict[str, Any]] = {
            "one_time": {"days": settings.one_time_days},
            "big_ticket": {
                "days": settings.big_ticket_days,
                "share": settings.big_ticket_share,
                "back": settings.returning_share,
            },
        }
        return self.text(f"method.{verdict}", **values.get(verdict, {}))

    def _settings(self) -> dict[str, Any]:
        preset = FindSettings()
        columns = [
            _Column(
                message("column.setting", self.lang),
                lambda name: message(f"setting_of.{name}", self.lang),
                "1fr",
            ),
            _Column(
                message("column.value", self.lang),
                lambda name: self._set(name, self.document.settings),
                "30",
                right=True,
            ),
            _Column(
                message("column.preset", self.lang), lambda name: self._set(name, preset), "30", right=True
            ),
        ]
        return self._table(columns, [one.name for one in fields(FindSettings)])

    def _set(self, name: str, settings: FindSettings) -> str:
        value = getattr(settings, name)
        if value is None:
            return "—"
        if name == "basis":
            return self.text(f"value.{value}")
        return f"{float(value) * 100:g}%" if isinstance(value, Decimal) else str(value)

    def _sources(self) -> dict[str, Any]:
        document = self.document
        rows: list[tuple[str, str]] = [
            (self.text("source.until"), f"{document.year.begin} – {document.year.until}"),
            (self.text("source.version"), f"keyaccount {document.version}"),
        ]
        rows += [(self.text("source.run"), str(document.run))] if document.run is not None else []
        rows += (
            [(self.text("source.snapshot"), str(document.snapshot))] if document.snapshot is not None else []
        )
        rows += [(self.text("source.unassigned"), document.unassigned)] if document.unassigned else []
        for one in document.imports[:MOST_FILES]:
            mark = self.text("fingerprint", sha256=one.sha256[:16]) if one.sha256 else ""
            rows.append((self.text("source.file"), "  ".join(filter(None, (one.file, one.source, mark)))))
        more = len(document.imports) - MOST_FILES
        columns = [
            _Column(message("column.setting", self.lang), lambda row: row[0], "36"),
            _Column(message("column.value", self.lang), lambda row: breakable(row[1]), "1fr"),
        ]
        sentences = [self.text("more_files", n=more)] if more > 0 else []
        return {"sentences": sentences, "table": self._table(columns, rows)}

    # Tables

    def _table(self, columns: Sequence[_Column], rows: Sequence[Any]) -> dict[str, Any]:
        more = len(rows) - MOST_ROWS
        return {
            "columns": [
                {"head": one.head, "width": one.width, "right": one.right, "small": one.small}
                for one in columns
            ],
            "rows": [[column.cell(row) for column in columns] for row in rows[:MOST_ROWS]],
            "more": self.text("more", n=more) if more > 0 else None,
        }

    def _head(self, name: str, **values: Any) -> str:
        return message(f"column.{name}", self.lang, **values)

    def _money_head(self, name: str, *, own: bool = False) -> str:
        head = self.text(f"column.{name}") if own else self._head(name)
        return f"{head}\n{self.unit.name}"

    def _money(self, entry: Entry, name: str) -> str:
        return self.unit.shown(entry.figures.get(name))


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _growth(entry: Entry) -> float | None:
    return change(entry.figures.get("sales"), entry.figures.get("sales_year_before"))


def _moved(entry: Entry) -> Decimal:
    """By how much its sales changed; 0 where one of the two is not known."""
    now, before = entry.figures.get("sales"), entry.figures.get("sales_year_before")
    return now - before if isinstance(now, Decimal) and isinstance(before, Decimal) else Decimal(0)


def _or_dash(amount: Decimal | None, lang: str) -> str:
    return "—" if amount is None else show_money(amount, lang)


def _percent(share: Any) -> str:
    return "—" if share is None else f"{float(share):.1%}"


def _signed(growth: float | None) -> str:
    if growth is None:
        return "—"
    shown = f"{abs(growth):,.1%}" if abs(growth) < 10 else f"{abs(growth):,.0%}"
    arrow = "↑" if growth >= 0.0005 else "↓" if growth <= -0.0005 else ""
    return f"{arrow}\u00a0{'+' if growth >= 0 else '−'}{shown}".strip()


def _drawn(points: Sequence[Point]) -> list[tuple[float, float]]:
    """As many points as the eye can tell apart; the last one always."""
    known = [(one.accounts_share, one.running_share) for one in points if one.running_share is not None]
    step = -(-len(known) // _POINTS) or 1
    return known[::step] + (known[-1:] if known and (len(known) - 1) % step else [])


def _at(points: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The first point at or behind a part of the accounts."""
    return next((point for point in points if point[0] >= share), points[-1])


def _grid(height: float, *, down: bool = False) -> float:
    """The line of the grid, a fifth apart, at or beyond a height."""
    fifths = height * 5
    whole = -(-round(-fifths, 6) // 1) if down else -(-round(fifths, 6) // 1)
    return float(-whole if down else whole) / 5
