"""What does a director hand to the board? The key account list as a PDF: findings, the list, the guard lists, method and settings.

The figures and texts are put together here (`front`: page one; `lists`: who is on it; `appendix`: how it was made), `board.typ`
says where they stand.
"""

from typing import Any

from keyaccount.find.board.appendix import Appendix
from keyaccount.find.board.front import FrontPage
from keyaccount.find.board.lists import Lists
from keyaccount.find.board.writing import Writing
from keyaccount.find.document import ListDocument
from keyaccount.find.sentences import year_name
from keyaccount.language import message
from keyaccount.paper import as_pdf


def board_pdf(document: ListDocument, lang: str) -> bytes:
    """The list as a PDF of A4 pages in `lang`; the same document gives the same bytes.

    Raises PaperError `document.no_typst`.
    """
    return as_pdf("board.typ", board_data(document, lang), package="keyaccount.find")


def board_data(document: ListDocument, lang: str) -> dict[str, Any]:
    """Everything that stands on the paper, as text, by the names of `board.typ`."""
    words = Writing(document, lang)
    year = year_name(document.year, lang)
    if document.holds_in is not None:
        year = message("year.calendar", lang, year=document.holds_in)
    return {
        "lang": lang,
        "title": words.text("title_year", year=year),
        "status": words.text(f"status.{document.status}"),
        "until": words.text("until", until=document.settings.until),
        "page": words.text("page", n="#n", of="#of"),
        "foot": f"keyaccount {document.version}",
        **FrontPage(document, lang).told(),
        "parts": Lists(document, lang).told(),
        "appendix": Appendix(document, lang).told(),
    }
