"""How numbers of inversions are written."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.http import urlencode

from keyaccount.money import show_exact
from keyaccount_web.cover.terms.models import Inversion
from keyaccount_web.shell.templatetags.pages import lang

register = template.Library()


@register.filter
def exact(amount: Decimal) -> str:
    """A price a unit, to the cent."""
    return show_exact(amount, lang())


@register.filter
def plain(number: Decimal) -> str:
    """A quantity without needless zeros."""
    return f"{Decimal(number).normalize():,f}"


@register.filter
def dot(value: Any) -> str:
    """Pixels, never with a comma."""
    return f"{float(value):.1f}"


@register.filter
def noting(one: Inversion) -> str:
    """The address's query to note terms on the product of an inversion."""
    asked = {"product": one.product, "product_name": one.product_name, "inversion": str(one.pk)}
    return urlencode(asked)
