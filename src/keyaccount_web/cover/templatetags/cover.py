"""What stands on every page of the chapter Cover."""

from typing import Any

from django import template

from keyaccount_web.cover.sections import sections_for

register = template.Library()


@register.inclusion_tag("cover/sections.html", takes_context=True)
def sections(context: template.Context, here: str) -> dict[str, Any]:
    """The chapter's sections; `here` is the url_name of the one shown."""
    return {"sections": sections_for(context["user"]), "here": here}
