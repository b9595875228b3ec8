"""What was found, with what was asked for marked in it."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marks(pieces: list[tuple[str, bool]]) -> SafeString:
    """Pieces of a text, each with whether the query is in it."""
    # Escaped piece by piece here, since a page has a hundred of them.
    return SafeString(
        "".join(f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in pieces)
    )
