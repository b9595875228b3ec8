"""What is shown at the business review? A plan as slides, with charts that the office program can edit: internal, or the customer's. (K8)

`plan_slides(for_customer(document), lang)` is what may be handed over.
"""

from decimal import Decimal

from keyaccount.know import slide_kit as kit
from keyaccount.know.plan_document import PlanDocument
from keyaccount.know.plan_words import CHARTER, SITUATION, Part, PlanWords
from keyaccount.money import table_unit

_COLOURS = {
    "reached": kit.GOOD, "ahead": kit.GOOD, "on": kit.TEAL, "behind": kit.BAD, "missed": kit.BAD,
    "unknown": kit.LIGHT, "to_come": kit.LIGHT,
}  # fmt: skip
MOST_BARS = 10


def plan_slides(document: PlanDocument, lang: str, *, logo: bytes | None = None) -> bytes:
    """The presentation (pptx). `logo`: a PNG or JPEG.

    Raises PaperError `document.no_slides`.
    """
    words = PlanWords(document, lang)
    deck = kit.Deck(
        f"{document.account} · {words.title}", words.mark, f"{document.account} · {words.title}", logo, lang
    )
    _cover(deck, words)
    if document.sales:
        _sales(deck, words)
    if document.goals:
        _goals(deck, words)
    for part in (words.actions(), words.commitments()):
        _table(deck, words, part)
    if words.is_for_customer:
        _texts(deck, words, "charter", (*CHARTER, *SITUATION))
    else:
        _texts(deck, words, "charter_internal", CHARTER)
        _texts(deck, words, "situation", SITUATION, words.level)
    if not words.is_for_customer:
        _table(deck, words, words.risks())
    _table(deck, words, words.reviews())
    if words.is_for_customer and document.commitments:
        _signing(deck, words)
    return deck.as_bytes()


def _cover(deck: kit.Deck, words: PlanWords) -> None:
    told = words.document
    slide = deck.blank()
    deck.box(slide, 0, 0, 0.28, kit.HEIGHT, kit.TEAL)
    deck.picture(slide, kit.WIDTH - 0.9 - 2.6, 0.8, 2.6, 1.3)
    deck.write(slide, told.account, 1.1, 2.35, 11, 0.9, size=36, colour=kit.INK, bold=True, name="title")
    deck.write(slide, words.title, 1.1, 3.3, 11, 0.7, size=26, colour=kit.TEAL)
    deck.line(slide, 1.1, 4.15, 3.2)
    names = words.text("owner", name=told.owner)
    dates = f"{words.text('printed', day=told.printed_on)}  ·  {words.text('until', day=told.until)}"
    deck.write(slide, names, 1.1, 4.4, 11, 0.4, size=14, colour=kit.GREY)
    deck.write(slide, dates, 1.1, 4.8, 11, 0.4, size=14, colour=kit.GREY)
    colour = kit.GREY if words.is_for_customer else kit.BAD
    deck.write(slide, words.mark, 1.1, 6.6, 11, 0.4, size=13, colour=colour, bold=not words.is_for_customer)
    if told.progress is not None:
        sentence = words.text("plan_sentence", progress=told.progress, goals=words.goals_sentence)
        deck.write(slide, sentence, 1.1, 5.3, 11, 0.4, size=15, colour=kit.INK)


def _sales(deck: kit.Deck, words: PlanWords) -> None:
    told = words.document
    slide = deck.slide(words.text("sales"), words.sales_sentence)
    unit = table_unit(
        max((abs(one) for one in (*told.sales, *told.sales_before)), default=Decimal(0)), words.lang
    )
    last = told.until.month if told.until.year == told.year else 12

    def scaled(amounts: tuple[Decimal, ...], until: int = 12) -> list[float | None]:
        return [float(one / unit.times) if at < until else None for at, one in enumerate(amounts)]

    deck.write(
        slide,
        words.text("sales_unit", unit=unit.name),
        kit.LEFT,
        kit.TOP - 0.02,
        4,
        0.3,
        size=11,
        colour=kit.GREY,
    )
    deck.columns_chart(
        slide,
        [words.text("month", n=month) for month in range(1, 13)],
        [
            (words.text("sales_of", year=told.year - 1), scaled(told.sales_before), kit.LIGHT),
            (words.text("sales_of", year=told.year), scaled(told.sales, last), kit.TEAL),
        ],
        (kit.LEFT, kit.TOP + 0.2, kit.BODY_WIDTH, 5.1),
    )


def _goals(deck: kit.Deck, words: PlanWords) -> None:
    """Their progress as bars, the figures below where there is room, else on the next slide."""
    goals = words.document.goals[:MOST_BARS]
    told = words.goals()
    slide = deck.slide(told.title, told.sentence)
    height = min(kit.BODY_HEIGHT, 0.4 + 0.4 * len(goals))
    deck.bars_chart(
        slide,
        [one.name for one in goals],
        [one.progress or 0 for one in goals],
        [_COLOURS[one.standing] for one in goals],
        (kit.LEFT, kit.TOP, kit.BODY_WIDTH, height),
    )
    below = kit.TOP + height + 0.1
    if not deck.table_below(slide, below, told.heads, told.widths, told.rows, _colours(words)):
        _table(deck, words, told)


def _table(deck: kit.Deck, words: PlanWords, part: Part) -> None:
    deck.tables(part.title, part.sentence, part.heads, part.widths, part.rows, _colours(words))


def _colours(words: PlanWords) -> dict[str, str]:
    """What says how something stands, in its colour."""
    return {
        **{words.standing(code): colour for code, colour in _COLOURS.items()},
        words.text("word.kept"): kit.GOOD,
        words.text("word.broken"): kit.BAD,
        words.text("action.done"): kit.GOOD,
    }


def _texts(deck: kit.Deck, words: PlanWords, part: str, names: tuple[str, ...], level: str = "") -> None:
    rows = words.text_rows(names)
    if level:
        rows.insert(0, (words.text("level_line", level="").rstrip("：: "), level))
    deck.tables(words.text(f"part.{part}"), "", (), (1.0, 4.2), rows)


def _signing(deck: kit.Deck, words: PlanWords) -> None:
    told = words.document
    slide = deck.slide(words.text("next"), words.text("thanks"))
    agreed = "\n".join(
        f"{at}. {one.what} · {one.due}" for at, one in enumerate(told.commitments[:12], start=1)
    )
    deck.write(slide, agreed, kit.LEFT, kit.TOP + 0.1, kit.BODY_WIDTH, 3.4, size=15)
    names = (told.company or words.text("side.supplier"), told.account)
    for at, name in enumerate(names):
        left = kit.LEFT + at * 6.3
        deck.line(slide, left, 6.2, 5.6, kit.GREY)
        deck.write(slide, words.text("sign", name=name), left, 6.25, 5.6, 0.4, size=12, colour=kit.GREY)
