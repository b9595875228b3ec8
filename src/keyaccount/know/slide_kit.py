"""How does something stand on a slide: text in a font that Chinese looks right in, tables that go on overleaf, native charts? (K8)"""

import importlib.util
import io
import math
import unicodedata
from collections.abc import Sequence
from typing import Any

from keyaccount.paper import PaperError

INK, TEAL, GREY, PALE, WASH, WHITE = "1D2529", "0F5F6B", "5D686E", "E3E7E9", "F3F7F7", "FFFFFF"
GOOD, BAD, WATCH, LIGHT = "12703F", "B3261E", "B07A1E", "AEB8BC"
FONT = "Microsoft YaHei"
"""For Latin and Chinese alike: on every Windows and in every Office for Mac; others put their own Chinese font in its place."""
WIDTH, HEIGHT = 13.333, 7.5
"""Inches; 16:9."""
LEFT, TOP, BODY_WIDTH, BODY_HEIGHT = 0.6, 1.55, 12.13, 5.2
TABLE_POINTS = (18, 16, 14, 13, 12)
"""Sizes of a table's text: the largest in which all of it stands on one slide, else the last."""
MOST_LINES, SHORT = 14, 10
_POINTS = 72
_ROOM = BODY_HEIGHT * _POINTS


def check_slides() -> None:
    """Raises PaperError `document.no_slides` where what slides need is not installed."""
    if importlib.util.find_spec("pptx") is None:
        raise PaperError("document.no_slides", missing=["python-pptx"])


def text_width(text: str, points: float) -> float:
    """How wide a text stands, in points: a Chinese character is as wide as high, a Latin one about half of that."""
    return sum(points if unicodedata.east_asian_width(one) in "WF" else points * 0.6 for one in text)


def lines_of(text: str, width: float, points: float) -> int:
    """Lines that a text takes in a column of `width` inches."""
    # A character less than there is room for: punctuation is not put at the begin of a line.
    room = max(width * _POINTS - 12 - points / 2, points)
    return sum(max(1, math.ceil(text_width(line, points) / room)) for line in text.split("\n"))


def fitted(text: str, width: float, points: float, most: int = MOST_LINES) -> str:
    """The text, cut where it would take more lines than a slide has; the PDF has all of it."""
    if lines_of(text, width, points) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if lines_of(f"{text[:middle]}…", width, points) <= most:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…"


class Deck:
    """A presentation that is being written; each slide has the title, the mark, the foot and the logo."""

    def __init__(self, title: str, mark: str, foot: str, logo: bytes | None, lang: str) -> None:
        check_slides()
        from pptx import Presentation
        from pptx.util import Inches

        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
        core = self.deck.core_properties
        core.title, core.author, core.last_modified_by, core.comments = title, foot, "keyaccount", ""
        self.mark, self.foot, self.logo, self.lang = mark, foot, logo, lang

    def slide(self, title: str, sentence: str = "") -> Any:
        """A new slide: what it says as its title, the part it belongs to above."""
        slide = self.blank()
        if sentence:
            self.write(slide, title, LEFT, 0.38, 9.6, 0.35, size=13, colour=GREY)
        self.write(
            slide, sentence or title, LEFT, 0.72, 10.4, 0.7, size=22, colour=TEAL, bold=True, name="title"
        )
        self.line(slide, LEFT, 1.42, BODY_WIDTH)
        self.picture(slide, WIDTH - 0.6 - 1.7, 0.4, 1.7, 0.85)
        self.write(slide, f"{self.foot}  ·  {self.mark}", LEFT, 7.02, 10.5, 0.3, size=9, colour=GREY)
        number = str(len(self.deck.slides))
        self.write(slide, number, WIDTH - 1.6, 7.02, 1.0, 0.3, size=9, colour=GREY, right=True)
        return slide

    def blank(self) -> Any:
        return self.deck.slides.add_slide(self.deck.slide_layouts[6])

    def write(
        self,
        slide: Any,
        text: str,
        left: float,
        top: float,
        width: float,
        height: float,
        *,
        size: float = 14,
        colour: str = INK,
        bold: bool = False,
        right: bool = False,
        name: str = "",
    ) -> Any:
        """A text; where it would not fit its box it becomes smaller, down to 10 points."""
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Inches

        while size > 10 and lines_of(text, width, size) * size * 1.35 > height * _POINTS + 6:
            size -= 1
        box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
        if name:
            box.name = name
        frame = box.text_frame
        frame.word_wrap = True
        for at, line in enumerate(text.split("\n")):
            paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            self.run(paragraph, line, size, colour, bold=bold)
        return box

    def run(self, paragraph: Any, text: str, size: float, colour: str, *, bold: bool = False) -> None:
        """Text in our font, for Chinese and Latin."""
        run = paragraph.add_run()
        run.text = text
        _style(run.font, size, colour, bold=bold)
        run.font._element.set("lang", "zh-CN" if self.lang == "zh" else "en-US")

    def line(self, slide: Any, left: float, top: float, width: float, colour: str = TEAL) -> None:
        self.box(slide, left, top, width, 0.02, colour)

    def box(self, slide: Any, left: float, top: float, width: float, height: float, colour: str) -> Any:
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.util import Inches

        shape = slide.shapes.add_shape(
            MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height)
        )
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(colour)
        shape.line.fill.background()
        shape.shadow.inherit = False
        return shape

    def picture(self, slide: Any, left: float, top: float, width: float, height: float) -> None:
        """The logo, as large as fits and at the right of its place."""
        if self.logo is None:
            return
        from pptx.util import Inches

        shown = slide.shapes.add_picture(
            io.BytesIO(self.logo), Inches(left), Inches(top), height=Inches(height)
        )
        if shown.width > Inches(width):
            shown.height, shown.width = round(shown.height * Inches(width) / shown.width), Inches(width)
        shown.left = Inches(left + width) - shown.width
        shown.name = "logo"

    def tables(
        self,
        title: str,
        sentence: str,
        heads: Sequence[str],
        shares: Sequence[float],
        rows: Sequence[Sequence[str]],
        colours: dict[str, str] | None = None,
    ) -> None:
        """A table over as many slides as its rows need; `colours`: text of a cell → its colour."""
        widths = widths_of(shares)
        size = self._size(heads, rows, widths, _ROOM) or TABLE_POINTS[-1]
        told = [[fitted(cell, width, size) for cell, width in zip(row, widths, strict=True)] for row in rows]
        page: list[list[str]] = []
        for row in told:
            if page and _height(heads, [*page, row], widths, size) > _ROOM:
                self._table(self.slide(title, sentence), heads, widths, page, size, colours or {})
                page = []
            page.append(row)
        if page:
            self._table(self.slide(title, sentence), heads, widths, page, size, colours or {})

    def table_below(
        self,
        slide: Any,
        top: float,
        heads: Sequence[str],
        shares: Sequence[float],
        rows: Sequence[Sequence[str]],
        colours: dict[str, str],
    ) -> bool:
        """A table from `top` inches on, where all of it fits there; whether it does."""
        widths = widths_of(shares)
        size = self._size(heads, rows, widths, (TOP + BODY_HEIGHT - top) * _POINTS)
        if size is not None:
            self._table(slide, heads, widths, rows, size, colours, top=top)
        return size is not None

    def _size(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], room: float
    ) -> float | None:
        """The largest size in which a table fits into `room` points, and no date, figure or name is broken; None: in none."""
        cells = [(cell, width) for row in (heads, *rows) for cell, width in zip(row, widths, strict=False)]
        for size in TABLE_POINTS:
            whole = all(len(cell) > SHORT or lines_of(cell, width, size) == 1 for cell, width in cells)
            if whole and _height(heads, rows, widths, size) <= room:
                return size
        return None

    def _table(
        self,
        slide: Any,
        heads: Sequence[str],
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        size: float,
        colours: dict[str, str],
        top: float = TOP,
    ) -> None:
        from pptx.util import Inches, Pt

        count = len(rows) + bool(heads)
        shape = slide.shapes.add_table(
            count, len(widths), Inches(LEFT), Inches(top), Inches(BODY_WIDTH), Inches(0.1)
        )
        table = shape.table
        _plain_table(shape)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Inches(width)
        if heads:
            table.rows[0].height = Pt(round(_row_height(heads, widths, size)))
            for cell, head in zip(table.rows[0].cells, heads, strict=True):
                self._cell(cell, head, size - 1, WHITE, fill=TEAL, bold=True)
        for at, row in enumerate(rows):
            there = table.rows[at + bool(heads)]
            there.height = Pt(round(_row_height(row, widths, size)))
            for place, (cell, text) in enumerate(zip(there.cells, row, strict=True)):
                colour = colours.get(text, INK)
                fill = WASH if at % 2 else WHITE
                self._cell(cell, text, size, colour, fill=fill, bold=place == 0 or text in colours)

    def _cell(self, cell: Any, text: str, size: float, colour: str, *, fill: str, bold: bool = False) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Pt

        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(fill)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.margin_left = cell.margin_right = Pt(6)
        cell.margin_top = cell.margin_bottom = Pt(3)
        frame = cell.text_frame
        frame.word_wrap = True
        for at, line in enumerate(text.split("\n")):
            paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
            self.run(paragraph, line, size, colour, bold=bold)

    def columns_chart(
        self,
        slide: Any,
        months: Sequence[str],
        series: Sequence[tuple[str, Sequence[float | None], str]],
        place: tuple[float, float, float, float],
    ) -> None:
        """Columns by month, a colour for each series; the names stand below."""
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
        from pptx.util import Inches

        told = CategoryChartData()
        told.categories = list(months)
        for name, values, _ in series:
            told.add_series(name, values)
        frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *(Inches(one) for one in place), told)
        chart = frame.chart
        _style(chart.font, 11, GREY)
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        plot = chart.plots[0]
        plot.gap_width, plot.overlap = 60, -5
        for shown, (_, _, colour) in zip(plot.series, series, strict=True):
            _fill(shown.format, colour)
        _axes(chart)

    def bars_chart(
        self,
        slide: Any,
        names: Sequence[str],
        shares: Sequence[float],
        colours: Sequence[str],
        place: tuple[float, float, float, float],
    ) -> None:
        """Bars from 0 to 100%, the first on top, each with its figure and in the colour of its state."""
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
        from pptx.util import Inches

        told = CategoryChartData(number_format="0%")
        told.categories = list(names)
        told.add_series("%", list(shares))
        frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *(Inches(one) for one in place), told)
        chart = frame.chart
        _style(chart.font, 12, INK)
        chart.has_legend = False
        chart.has_title = False
        plot = chart.plots[0]
        plot.gap_width = 55
        plot.has_data_labels = True
        plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0%", False
        plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
        for at, colour in enumerate(colours):
            _fill(plot.series[0].points[at].format, colour)
        _axes(chart)
        chart.category_axis.reverse_order = True
        chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, 1.1
        chart.value_axis.major_unit = 0.25
        chart.value_axis.visible = False
        chart.value_axis.has_major_gridlines = False

    def as_bytes(self) -> bytes:
        file = io.BytesIO()
        self.deck.save(file)
        return file.getvalue()


def _fill(formatted: Any, colour: str) -> None:
    from pptx.dml.color import RGBColor

    formatted.fill.solid()
    formatted.fill.fore_color.rgb = RGBColor.from_string(colour)


def _axes(chart: Any) -> None:
    """Quiet: pale lines, no frame."""
    from pptx.dml.color import RGBColor

    pale = RGBColor.from_string(PALE)
    value = chart.value_axis
    value.major_gridlines.format.line.color.rgb = pale
    value.format.line.fill.background()
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = "#,##0", False
    chart.category_axis.format.line.color.rgb = pale
    chart.category_axis.has_major_gridlines = False


def _style(font: Any, size: float, colour: str, *, bold: bool = False) -> None:
    """Size, colour and font, the last for Chinese, too: by itself the name is only Latin's."""
    from pptx.dml.color import RGBColor
    from pptx.oxml.ns import qn
    from pptx.util import Pt

    font.size, font.bold, font.name = Pt(size), bold, FONT
    font.color.rgb = RGBColor.from_string(colour)
    properties = font._element if hasattr(font, "_element") else font._rPr
    for kind in ("a:ea", "a:cs"):
        there = properties.find(qn(kind))
        if there is None:
            there = properties.makeelement(qn(kind), {})
            properties.find(qn("a:latin")).addnext(there) if kind == "a:ea" else properties.append(there)
        there.set("typeface", FONT)


def widths_of(shares: Sequence[float]) -> list[float]:
    """Of columns, in inches."""
    return [BODY_WIDTH * share / sum(shares) for share in shares]


def _height(
    heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], size: float
) -> float:
    """Of a table, in points."""
    told = sum(_row_height(row, widths, size) for row in rows)
    return told + (_row_height(heads, widths, size) if heads else 0)


def _row_height(row: Sequence[str], widths: Sequence[float], size: float) -> float:
    """In points."""
    lines = max(lines_of(cell, width, size) for cell, width in zip(row, widths, strict=True))
    return lines * size * 1.3 + 9


def _plain_table(shape: Any) -> None:
    """Without the bands and the style that the program would put on it."""
    shape.table.horz_banding = False
    shape.table.first_row = True
