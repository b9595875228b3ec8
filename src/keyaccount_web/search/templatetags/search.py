"""What was found, with what was asked for marked in it."""

from html import escape

from django import template
from django.utils.safestring import SafeString

from keyaccount_web.search.services import Hit
from keyaccount_web.shell.templatetags import pages

register = template.Library()


@register.filter
def hit_rows(hits: list[Hit]) -> SafeString:
    """The hits of a kind. Put together here, since a template takes several times as long for each."""
    whys: dict[str, str] = {}
    return SafeString("".join(_row(hit, whys) for hit in hits))


def _row(hit: Hit, whys: dict[str, str]) -> str:
    told = hit.told
    beside = [told.beside]
    beside += [f" · {told.phone}"] if hit.why == "phone" and told.phone else []
    beside += [f" · {told.tax_number}"] if hit.why == "tax" and told.tax_number else []
    if hit.why not in whys:
        whys[hit.why] = escape(pages.t(f"search.why.{hit.why}"))
    code = f'<span class="code">{_marked(hit.code)}</span>' if hit.code else ""
    return (
        f'<li><a href="{escape(told.url)}"><span class="hit-title">{_marked(hit.title)}</span>{code}'
        f'<span class="hit-beside">{escape("".join(beside))}</span><span class="hit-why">{whys[hit.why]}</span></a></li>'
    )


def _marked(pieces: list[tuple[str, bool]]) -> str:
    """Pieces of a text, each with whether the query is in it."""
    return "".join(f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in pieces)
