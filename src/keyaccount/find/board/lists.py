"""Which accounts are printed for the board, and why each? The list, the guard lists, those rising, what changed."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from keyaccount.find.board.writing import Column, Writing, growth_of, percent, signed
from keyaccount.find.document import GUARDS, Entry, Move
from keyaccount.find.sentences import change, joined, not_judged, verdict_name
from keyaccount.language import message
from keyaccount.paper import breakable

MOST_CHANGED = 10


class Lists(Writing):
    """The parts behind page one."""

    def told(self) -> list[dict[str, Any]]:
        return [*self._list(), *self._guards(), *self._rising(), *self._changes()]

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
        return [self._part(title, rising, sentences=[self.rule("rising")], columns=self._short_columns())]

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
                    title, entries, level=2, sentences=[self.rule(verdict)], columns=self._short_columns()
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
        columns: Sequence[Column] | None = None,
    ) -> dict[str, Any]:
        said = [*sentences] if entries else [*sentences, self.text("none")]
        table = self.table(columns or self._entry_columns(), entries) if entries else None
        return {"title": title, "level": level, "breaks": breaks, "sentences": said, "table": table}

    def _short_columns(self) -> list[Column]:
        """Without shares: what matters of those not on the list is why."""
        return [
            *self._first_columns("1fr"),
            Column(self.head("reasons"), self._why, "1.35fr", small=True),
        ]

    def _first_columns(self, width: str) -> list[Column]:
        return [
            Column(self.text("column.rank"), self._rank, "9.5", right=True),
            Column(self.head("account"), self._name, width),
            Column(self.money_head("sales"), lambda one: self.money(one, "sales"), "18.5", right=True),
            Column(self.text("column.change"), lambda one: signed(growth_of(one)), "18.5", right=True),
            Column(self.money_head("profit"), lambda one: self.money(one, "profit"), "17", right=True),
        ]

    def _entry_columns(self) -> list[Column]:
        columns = self._first_columns("1.2fr")
        if self.document.summary is not None:
            basis = self.document.settings.basis
            running = f"{basis}_running_share"
            columns += [
                Column(
                    self.head("sales_share"),
                    lambda one: percent(one.figures.get("sales_share")),
                    "12",
                    right=True,
                ),
                Column(
                    self.head("sales_running_share"),
                    lambda one: percent(one.figures.get(running)),
                    "13.5",
                    right=True,
                ),
            ]
        return [*columns, Column(self.head("reasons"), self._why, "1fr", small=True)]

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

    def _changes(self) -> list[dict[str, Any]]:
        told = self.document.changes
        if told is None:
            return self._sales_changes()
        parts: list[dict[str, Any]] = [
            {
                "title": self.text("against_last"),
                "level": 1,
                "breaks": True,
                "sentences": [self.changes_sentence()],
                "table": None,
            }
        ]
        for move in ("entered", "left", "stayed"):
            if moves := told.of(move):
                table = self.table(self._move_columns(), moves)
                title = self.text(f"move.{move}", n=len(moves))
                parts.append({"title": title, "level": 2, "breaks": False, "sentences": [], "table": table})
        return parts

    def _move_columns(self) -> list[Column]:
        def money(name: str) -> Callable[[Move], str]:
            return lambda one: self.unit.shown(getattr(one, name))

        return [
            Column(
                self.head("account"),
                lambda one: {
                    "main": breakable(one.account_name or one.account_id),
                    "beside": breakable(one.account_id),
                },
                "1.2fr",
            ),
            Column(self.money_head("sales_before", own=True), money("sales_before"), "26", right=True),
            Column(self.money_head("sales"), money("sales"), "24", right=True),
            Column(
                self.text("column.change"),
                lambda one: signed(change(one.sales, one.sales_before)),
                "18",
                right=True,
            ),
            Column(self.text("column.causes"), lambda one: breakable(joined(one.causes, self.lang)), "1fr"),
        ]

    def _sales_changes(self) -> list[dict[str, Any]]:
        """Without a list of last year: those on the list whose sales moved most."""
        moved = [one for one in self.document.listed if _moved(one)]
        largest = sorted(moved, key=lambda one: (-abs(_moved(one)), one.account_id))[:MOST_CHANGED]
        columns = [
            Column(self.head("account"), self._name, "1fr"),
            Column(
                self.money_head("sales_before", own=True),
                lambda one: self.money(one, "sales_year_before"),
                "32",
                right=True,
            ),
            Column(self.money_head("sales"), lambda one: self.money(one, "sales"), "32", right=True),
            Column(self.text("column.change"), lambda one: signed(growth_of(one)), "26", right=True),
        ]
        table = self.table(columns, largest) if largest else None
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


def _moved(entry: Entry) -> Decimal:
    """By how much its sales changed; 0 where one of the two is not known."""
    now, before = entry.figures.get("sales"), entry.figures.get("sales_year_before")
    return now - before if isinstance(now, Decimal) and isinstance(before, Decimal) else Decimal(0)
