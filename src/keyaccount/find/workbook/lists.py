"""Who is on the list, who beside it, what changed, who signed: the sheets for people."""

from collections.abc import Callable, Sequence
from typing import Any

from keyaccount.find.document import Entry
from keyaccount.find.sentences import (
    concentration_sentence,
    department_sentence,
    headline,
    joined,
    not_judged,
    verdict_name,
)
from keyaccount.find.workbook.look import Look

_LIST_COLUMNS = (
    "sales_rank", "account_id", "account_name", "verdict", "sales", "sales_share", "sales_running_share", "profit", "profit_rank",
    "cost_to_serve", "orders", "order_days", "active_months", "largest_order_share", "sales_year_before", "reasons",
)  # fmt: skip
_OF_PEOPLE = ("decision", "decision_reason", "kind", "role", "owner")
_OF_THE_WHOLE = frozenset(["sales_share", "sales_running_share"])


class ListSheets(Look):
    """Sheets of accounts, each with why it is there."""

    def title_text(self) -> str:
        if self.document.summary is not None:
            return headline(self.document, self.lang)
        return self.text("document.own_accounts", n=len(self.document.listed))

    def summary(self) -> None:
        """The answer first, then the verdicts, then what to keep in mind."""
        sheet = self.new_sheet(self.text("sheet.summary"), repeat_head=False)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 22, self.plain)
        sheet.set_column(1, 4, 18, self.plain)
        document = self.document
        sentences = [self.title_text()]
        if document.summary is not None:
            sentences += [
                concentration_sentence(document, self.lang),
                department_sentence(document, self.lang),
            ]
        for at, sentence in enumerate(sentences):
            sheet.merge_range(at, 0, at, 4, sentence, self.title if at == 0 else self.wrapped)
            sheet.set_row(at, 44 if at == 0 else 30)
        end = len(sentences)
        if document.summary is not None:
            summary, unjudged = document.summary, not_judged(document)
            table = [
                [
                    verdict_name(verdict, self.lang),
                    None if verdict in unjudged else summary.verdicts[verdict],
                    summary.verdict_sales[verdict],
                    summary.verdict_profit[verdict],
                ]
                for verdict in summary.verdicts
            ]
            end = self.table(
                sheet, ("verdict", "accounts", "sales", "profit"), table, top=end + 1, filters=False
            )
        if document.notes:
            sheet.write(end + 1, 0, self.text("title.notes"), self.head)
        for at, note in enumerate(document.notes, start=end + 2):
            sheet.merge_range(at, 0, at, 4, note.text(self.lang), self.wrapped)
            sheet.set_row(at, 30)
        made = f"keyaccount {document.version}"
        status = self.text(f"document.status.{document.status}")
        sheet.write(end + 3 + len(document.notes), 0, status, self.plain)
        sheet.write(end + 4 + len(document.notes), 0, made, self.plain)

    def list(self) -> None:
        """Whom people have put on it; before anybody has decided all in the set, each with its verdict."""
        document = self.document
        in_set = tuple(entry for entry in document.entries if entry.figures["in_set"])
        of_people = document.is_decided or any(entry.proposed is not None for entry in document.entries)
        self.entries("sheet.list", document.listed if of_people else in_set)

    def entries(self, title: str, entries: Sequence[Entry]) -> None:
        known = [name for name in _OF_PEOPLE if any(getattr(entry, name) for entry in self.document.entries)]
        shown = [
            name for name in _LIST_COLUMNS if self.document.summary is not None or name not in _OF_THE_WHOLE
        ]
        columns = (*shown[:4], *known, *shown[4:])
        self.add(title, columns, [[self._cell(name, entry) for name in columns] for entry in entries])

    def _cell(self, column: str, entry: Entry) -> Any:
        if column in ("account_id", "account_name", "decision_reason", "owner"):
            return getattr(entry, column) or None
        if column in ("decision", "kind", "role"):
            told = getattr(entry, column)
            return self.text(f"document.{column}.{told}") if told else None
        shown: dict[str, Callable[[], str]] = {
            "verdict": lambda: verdict_name(entry.verdict, self.lang),
            "reasons": lambda: joined(entry.reasons, self.lang),
        }
        return shown[column]() if column in shown else entry.figures.get(column)

    def changes(self) -> None:
        """Who entered, stayed and left since the list before."""
        told = self.document.changes
        if told is None:
            return
        rows = [
            [
                self.text(f"document.moved.{one.move}"),
                one.account_id,
                one.account_name,
                one.sales_before,
                one.sales,
                joined(one.causes, self.lang),
            ]
            for one in told.moves
        ]
        columns = ("move", "account_id", "account_name", "sales_before", "sales", "causes")
        self.add("sheet.changes", columns, rows)

    def signatures(self) -> None:
        """Who proposed, decided and published it, and when."""
        signed = self.document.signatures
        if not signed:
            return
        rows = [
            [self.text(f"document.signed.{one.part}"), one.name, f"{one.at:%Y-%m-%d %H:%M}", one.remark]
            for one in signed
        ]
        self.add("sheet.signatures", ("part", "name", "at", "remark"), rows)
