"""How hours and managers are written."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def one(value: Any) -> str:
    """With one decimal."""
    return f"{float(value):,.1f}"


@register.filter
def two(value: Any) -> str:
    """With two decimals."""
    return f"{float(value):,.2f}"
