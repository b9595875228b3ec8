"""What stands on every list of the chapter Know."""

from typing import Any

from django import template

from keyaccount_web.know.sections import sections_for

register = template.Library()


@register.inclusion_tag("know/sections.html", takes_context=True)
def know_sections(context: template.Context, here: str) -> dict[str, Any]:
    """The chapter's lists; `here` is the url_name of the one shown."""
    return {"sections": sections_for(context["user"]), "here": here}
