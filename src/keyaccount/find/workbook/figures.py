"""How is the business spread? The curve as a native chart, years, losses, the whale's tail, segments."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from keyaccount.find.sentences import shown_name, year_name
from keyaccount.find.workbook.look import FONT, GREY, INK, MOST_ROWS, RED, Look

_POINTS_COLUMN, _CHART_ROWS = 14, 26
_MOST_BARS = 20


class FigureSheets(Look):
    """Sheets of figures."""

    def curve(self) -> None:
        """The curve's points and its chart, which stays a chart that one can edit."""
        document = self.document
        if document.summary is None:
            return
        sheet = self.new_sheet(self.text("sheet.curve"))
        share = document.settings.share
        with_profit = bool(document.profit_curve)
        titles = [
            self.text("column.accounts_share"),
            self.text("column.sales_curve"),
            self.text("column.share_line", share=share),
        ]
        if with_profit:
            titles += [self.text("column.accounts_share"), self.text("column.profit_curve")]
        # The chart stands in front, the points that it is drawn from beside it.
        at_column = _POINTS_COLUMN
        sheet.write_row(0, at_column, titles, self.head_right)
        sheet.set_column(at_column, at_column + len(titles) - 1, 18, self.percent)
        sheet.print_area(0, 0, _CHART_ROWS, at_column - 1)
        points = [
            (0.0, 0.0),
            *((one.accounts_share, one.running_share) for one in document.sales_curve),
        ]
        for at, (accounts, amount) in enumerate(points, start=1):
            sheet.write_row(at, at_column, [accounts, amount, float(share)], self.percent)
        chart = self.book.add_chart({"type": "scatter", "subtype": "straight"})
        name = sheet.get_name()
        chart.add_series(self._line(name, len(points), at_column, at_column + 1, titles[1], INK, 2.25))
        chart.add_series(self._line(name, len(points), at_column, at_column + 2, titles[2], RED, 1.0))
        if with_profit:
            whale = [(0.0, 0.0), *((one.accounts_share, one.running_share) for one in document.profit_curve)]
            for at, (accounts, amount) in enumerate(whale, start=1):
                if amount is not None:
                    sheet.write_row(at, at_column + 3, [accounts, amount], self.percent)
            chart.add_series(
                self._line(name, len(whale), at_column + 3, at_column + 4, titles[4], GREY, 1.75)
            )
        values = {"top": document.settings.top_share, "amount": document.summary.top_amount_share}
        title = (
            self.text("chart.sales", **values)
            if self.document.settings.basis == "sales"
            else self.text("chart.title")
        )
        chart.set_title({"name": title, "name_font": self._title_font()})
        chart.set_x_axis(
            {"name": titles[0], "min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": False}}
        )
        chart.set_y_axis(
            {
                "name": titles[1],
                "min": 0,
                "num_format": "0%",
                "major_gridlines": {"visible": True, "line": {"color": "#e3e7e9"}},
            }
        )
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 860, "height": 500})
        sheet.insert_chart(0, 0, chart)

    def _line(
        self, sheet: str, points: int, x: int, y: int, title: str, colour: str, width: float
    ) -> dict[str, Any]:
        return {
            "name": title,
            "categories": [sheet, 1, x, points, x],
            "values": [sheet, 1, y, points, y],
            "line": {"color": colour, "width": width},
        }

    def years(self) -> None:
        columns = ("year", "accounts", "sales", "profit", "set_size", "top_share")
        rows = [
            [
                year_name(year.period, self.lang)
                if year.complete
                else self.text("years.incomplete", year=year_name(year.period, self.lang)),
                year.accounts,
                year.sales,
                year.profit,
                year.set_size,
                year.top_amount_share,
            ]
            for year in self.document.years
        ]
        if not rows:
            return
        sheet = self.add("sheet.years", columns, rows)
        chart = self._bars(sheet, columns, ("sales", "profit"), len(rows), "column")
        # Years stand from left to right as they passed.
        chart.set_x_axis({"reverse": True, "crossing": "max", "num_font": {"name": FONT[self.lang]}})
        chart.set_y_axis(
            {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#e3e7e9"}}}
        )
        chart.set_title({"name": self.text("sheet.years"), "name_font": self._title_font()})
        sheet.insert_chart(len(rows) + 3, 0, chart)

    def losses(self) -> None:
        columns = ("rank", "account", "sales", "sales_lost_share", "sales_left", "profit", "profit_left")
        rows = [
            [
                row["rank"],
                shown_name(row),
                row["sales"],
                row["sales_lost_share"],
                row["sales_left"],
                row["profit"],
                row.get("profit_left"),
            ]
            for row in self.document.losses
        ]
        if not rows:
            return
        self.add("sheet.losses", columns, rows)

    def whale(self) -> None:
        """What the accounts that lose money cost, as figures; the curve is drawn beside that of sales."""
        found = self.document.whale
        if found is None:
            return
        columns = ("whale_part", "accounts", "profit", "sales")
        rows = [
            [self.text("whale.peak"), found.peak_accounts, found.peak, None],
            [self.text("whale.even"), found.even_accounts, Decimal(0), None],
            [self.text("whale.tail"), found.tail_accounts, -found.tail, None],
            [self.text("whale.end"), found.accounts, found.profit, None],
            [self.text("whale.unjudged"), found.unjudged_accounts, None, found.unjudged_sales],
        ]
        self.add("sheet.whale", columns, rows)

    def segments(self) -> None:
        for field, told in self.document.segments.items():
            columns = (field, "accounts", "sales", "segment_sales_share", "profit_before_service", "profit_share",
                       "set_size", "top_share", "gini")  # fmt: skip
            rows = [
                [
                    row["segment"] or "—",
                    row["accounts"],
                    row["sales"],
                    row["sales_share"],
                    row["profit"],
                    row["profit_share"],
                    row["set_size"],
                    row["top_amount_share"],
                    row["gini"],
                ]
                for row in told
            ]
            sheet = self.add(f"sheet.{field}", columns, rows)
            if rows:
                # Below the table, so that a page has both; the largest at the top.
                bars = self._bars(
                    sheet, columns, ("segment_sales_share", "profit_share"), min(len(rows), _MOST_BARS)
                )
                bars.set_title({"name": self.head_of(field), "name_font": self._title_font()})
                bars.set_y_axis({"reverse": True, "num_font": {"name": FONT[self.lang]}})
                bars.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": False}})
                sheet.insert_chart(min(len(rows), MOST_ROWS - 1) + 3, 0, bars)

    def _bars(
        self, sheet: Any, columns: Sequence[str], shown: Sequence[str], n: int, kind: str = "bar"
    ) -> Any:
        """A native chart of the first `n` rows of a sheet's table."""
        chart = self.book.add_chart({"type": kind})
        name = sheet.get_name()
        for place, (column, colour) in enumerate(zip(shown, (INK, GREY), strict=False)):
            at = columns.index(column)
            chart.add_series(
                {
                    "name": self.head_of(column),
                    "categories": [name, 1, 0, n, 0],
                    "values": [name, 1, at, n, at],
                    "fill": {"color": colour},
                    "gap": 60 if place == 0 else None,
                }
            )
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 620, "height": max(260, 18 * n + 110) if kind == "bar" else 340})
        return chart

    def _title_font(self) -> dict[str, Any]:
        return {"name": FONT[self.lang], "size": 12, "bold": True}
