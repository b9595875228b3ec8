"""What stands on the board's first page? The answer, figures, the curve, findings, and who signs."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from keyaccount.find.board.writing import Column, Writing, or_dash, percent, signed, sum_of
from keyaccount.find.document import GUARDS, Point
from keyaccount.find.sentences import (
    change,
    concentration_sentence,
    department_sentence,
    headline,
    not_judged,
    shown_name,
    verdict_name,
    whale_sentence,
    year_name,
)
from keyaccount.language import message
from keyaccount.money import show_money
from keyaccount.paper import breakable

MOST_LOSSES = 5
_POINTS = 240


class FrontPage(Writing):
    """Page one; `told` gives its parts as `board.typ` names them."""

    def told(self) -> dict[str, Any]:
        return {
            "headline": self._headline(),
            "tiles": self._tiles(),
            "chart": self._chart(),
            "findings": self._findings(),
            "first_page": [*self._years(), *self._verdicts(), *self._losses()],
            "signatures": self._signatures(),
        }

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
            sales = sum_of(entry.figures.get("sales") for entry in guarded)
            told.append(
                self.text("guards", n=len(guarded), sales=sales or Decimal(0), title=self.text("guard_lists"))
            )
        if document.changes is not None:
            told.append(self.changes_sentence())
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
            sum_of(entry.figures.get("sales") for entry in listed),
            sum_of(entry.figures.get("profit") for entry in listed),
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
        beside = self.text("tile.growth", change=signed(growth)) if growth is not None else ""
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
            Column(self.head("year"), self._year_text, "1fr"),
            Column(self.head("accounts"), lambda year: f"{year.accounts:,}", "18", right=True),
            Column(self.head("sales"), lambda year: show_money(year.sales, self.lang), "25", right=True),
            Column(
                self.head("profit"),
                lambda year: or_dash(year.profit, self.lang),
                "25",
                right=True,
            ),
            Column(self.head("set_size"), lambda year: f"{year.set_size:,}", "16", right=True),
            Column(
                self.head("top_share", top=top),
                lambda year: percent(year.top_amount_share),
                "31",
                right=True,
            ),
        ]
        return [{"title": self.text("figures"), **self.table(columns, self.document.years)}]

    def _verdicts(self) -> list[dict[str, Any]]:
        summary, unjudged = self.document.summary, not_judged(self.document)
        if summary is None:
            return []

        def of(amounts: Mapping[str, Decimal | None], verdict: str) -> str:
            return or_dash(None if verdict in unjudged else amounts.get(verdict), self.lang)

        columns = [
            Column(self.head("verdict"), lambda one: verdict_name(one, self.lang), "1fr"),
            Column(
                self.head("accounts"),
                lambda one: "—" if one in unjudged else f"{summary.verdicts[one]:,}",
                "22",
                right=True,
            ),
            Column(self.head("sales"), lambda one: of(summary.verdict_sales, one), "30", right=True),
            Column(self.head("profit"), lambda one: of(summary.verdict_profit, one), "30", right=True),
            Column(self.head("sales_share"), lambda one: self._share_of(one, unjudged), "48", right=True),
        ]
        return [{"title": self.text("verdicts"), **self.table(columns, list(summary.verdicts))}]

    def _share_of(self, verdict: str, unjudged: Collection[str]) -> str:
        summary = self.document.summary
        if summary is None or verdict in unjudged or summary.sales <= 0:
            return "—"
        return percent(summary.verdict_sales[verdict] / summary.sales)

    def _losses(self) -> list[dict[str, Any]]:
        if not self.document.losses:
            return []
        columns = [
            Column(self.head("account"), lambda one: breakable(shown_name(one)), "1fr"),
            Column(self.head("sales"), lambda one: or_dash(one["sales"], self.lang), "30", right=True),
            Column(
                self.head("sales_lost_share"),
                lambda one: percent(one["sales_lost_share"]),
                "20",
                right=True,
            ),
            Column(
                self.head("sales_left"), lambda one: or_dash(one["sales_left"], self.lang), "30", right=True
            ),
            Column(
                self.head("profit_left"),
                lambda one: or_dash(one.get("profit_left"), self.lang),
                "30",
                right=True,
            ),
        ]
        return [{"title": self.text("losses"), **self.table(columns, self.document.losses[:MOST_LOSSES])}]

    def _year_text(self, year: Any) -> str:
        name = year_name(year.period, self.lang)
        return name if year.complete else message("years.incomplete", self.lang, year=name)

    def _signatures(self) -> dict[str, Any] | None:
        if self.document.summary is None and not self.document.signatures:
            return None
        columns = [
            Column(self.text("column.part"), lambda one: self.text(f"signed.{one.part}"), "28"),
            Column(self.text("column.name"), lambda one: one.name, "40"),
            Column(self.text("column.at"), lambda one: f"{one.at:%Y-%m-%d %H:%M}", "36"),
            Column(self.text("column.remark"), lambda one: breakable(one.remark), "1fr"),
        ]
        return {
            "title": self.text("signatures"),
            "none_yet": self.text("not_signed"),
            "blanks": [self.text(f"signed.{part}") for part in ("proposed", "decided", "published")],
            **self.table(columns, self.document.signatures),
        }


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
