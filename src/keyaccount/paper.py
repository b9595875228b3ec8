"""How does data become a PDF with Typst, in a Chinese font that every reader then has?"""

import importlib.util
import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from keyaccount.errors import KeyAccountError

_PACKAGES = {"typst": "typst", "noto_cjk_sans_otc": "noto-cjk-sans-otc"}
# Typst breaks a line at spaces and between Chinese characters, but nowhere within a long code.
_UNBROKEN = re.compile(r"[!-~]{15,}")


class PaperError(KeyAccountError):
    """A PDF cannot be written here."""


def check_paper() -> None:
    """Raises PaperError `document.no_typst` where what PDFs need is not installed."""
    missing = [name for module, name in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise PaperError("document.no_typst", missing=missing)


def as_pdf(template: str, data: dict[str, Any], *, package: str) -> bytes:
    """The PDF that a template of `package` makes of `data`; the same data give the same bytes.

    Only the font that comes with the package is used, so that it looks alike on every machine.

    Raises PaperError `document.no_typst`.
    """
    check_paper()
    import typst

    source = files(package).joinpath(template).read_bytes()
    told = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes = typst.compile(source, format="pdf", font_paths=_fonts(), sys_inputs=told)
    return made


@cache
def _fonts() -> Any:
    import noto_cjk_sans_otc
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(files(noto_cjk_sans_otc))])


def breakable(text: str) -> str:
    """The text with places in long codes at which a line may end."""
    return _UNBROKEN.sub(
        lambda found: "\u200b".join(re.findall(r".{1,10}", found[0])),
        text,
    )
