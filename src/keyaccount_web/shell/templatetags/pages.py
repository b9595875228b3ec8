"""How do texts, money, shares, dates and icons stand on a page?"""

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from keyaccount.find.sentences import verdict_name
from keyaccount.language import LANGUAGES, message
from keyaccount.money import show_exact, show_money

register = template.Library()

VERDICT_COLOURS = {
    "key": "state-good",
    "profitless": "state-bad",
    "one_time": "state-watch",
    "big_ticket": "state-watch",
    "rising": "state-rise",
    "ordinary": "state-plain",
}
VERDICT_ICONS = {
    "key": "star",
    "profitless": "alert-triangle",
    "one_time": "clock",
    "big_ticket": "file-invoice",
    "rising": "arrow-up",
    "ordinary": "",
}


def lang() -> str:
    """The reader's language, as the library names it."""
    chosen = (get_language() or "zh")[:2]
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def _is_absent(value: Any) -> bool:
    """None, or what a template makes of a record that is not there, such as the figures of an account without sales."""
    return value is None or value == ""


@register.simple_tag
def t(code: str, **values: Any) -> str:
    """The text of `code` in the reader's language."""
    return message(code, lang(), **values)


@register.simple_tag
def reader_lang() -> str:
    return lang()


@register.simple_tag
def other_lang() -> str:
    return "en" if lang() == "zh" else "zh"


@register.filter
def money(amount: Decimal | None) -> SafeString | str:
    """Money as readers expect it, the exact amount on hover."""
    if _is_absent(amount):
        return "—"
    exact, reader = amount if isinstance(amount, Decimal) else Decimal(str(amount)), lang()
    # Figures have nothing to escape, and a list has hundreds of them.
    return SafeString(
        f'<span class="num" title="{show_exact(exact, reader)}">{show_money(exact, reader)}</span>'
    )


@register.filter
def percent(share: Any) -> str:
    return "—" if _is_absent(share) else f"{float(share):.1%}"


@register.filter
def count(number: int | None) -> str:
    return "—" if _is_absent(number) else f"{number:,}"


@register.filter
def day(value: dt.date | str | None) -> str:
    return "—" if _is_absent(value) else str(value)[:10]


@register.simple_tag
def change(now: Any, before: Any) -> SafeString | str:
    """How much more than before, with sign and arrow."""
    if _is_absent(now) or _is_absent(before) or before <= 0:
        return "—"
    growth = float(now) / float(before) - 1
    arrow, kind = ("↑", "up") if growth >= 0 else ("↓", "down")
    return SafeString(f'<span class="num change-{kind}">{arrow} {abs(growth):.1%}</span>')


@register.simple_tag
def icon(name: str) -> SafeString | str:
    return _icon(name) if name else ""


@lru_cache
def _icon(name: str) -> SafeString:
    file = static("vendor/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', file, name)


@register.filter
def verdict(code: str | None) -> SafeString | str:
    """A verdict in word, icon and colour."""
    if not code:
        return "—"
    return _verdict(code, lang())


@lru_cache
def _verdict(code: str, lang: str) -> SafeString:
    return format_html(
        '<span class="state {}">{}{}</span>',
        VERDICT_COLOURS[code],
        icon(VERDICT_ICONS[code]),
        verdict_name(code, lang),
    )


@register.simple_tag
def why(run: Any, account_id: str, code: str | None) -> SafeString | str:
    """A verdict that opens its reasons, as the run `run` gives them."""
    if run is None or not code:
        return verdict(code)
    url = escape(f"{_why_address(run.pk)}?{urlencode({'account': account_id})}")
    return SafeString(
        f'<a class="why" href="{url}" hx-get="{url}" hx-target="#dialog-body" aria-haspopup="dialog">{verdict(code)}</a>'
    )


@lru_cache(maxsize=64)
def _why_address(run_id: int) -> str:
    return reverse("run_why", args=[run_id])


@register.filter
def cell(value: Any) -> str:
    """A value of the ledger as it is: dates in figures, amounts with all their decimals, two at the least."""
    if value is None:
        return "—"
    if isinstance(value, Decimal):
        digits = max(2, -int(value.normalize().as_tuple().exponent))
        return f"{value:,.{digits}f}"
    return str(value)


@register.filter
def is_number(value: Any) -> bool:
    return isinstance(value, Decimal | int)


@register.filter
def role(code: str) -> str:
    return message(f"role.{code}", lang())


@register.filter
def reach(code: str) -> str:
    return message(f"reach.{code}", lang())


@register.filter
def text(told: dict[str, str] | None) -> str:
    """A text that is kept in both languages."""
    return (told or {}).get(lang(), "")


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The page's own query with some values changed; None takes one out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"
