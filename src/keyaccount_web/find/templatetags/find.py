"""What stands on every page of the chapter Find."""

from typing import Any

from django import template

from keyaccount_web.find.documents import ENDINGS, takes_long
from keyaccount_web.find.sections import sections_for
from keyaccount_web.runs.models import Run

register = template.Library()


@register.inclusion_tag("find/sections.html", takes_context=True)
def sections(context: template.Context, here: str) -> dict[str, Any]:
    """The chapter's sections; `here` is the url_name of the one shown."""
    return {"sections": sections_for(context["user"]), "here": here}


@register.inclusion_tag("find/documents.html")
def list_documents(run: Run) -> dict[str, Any]:
    """Buttons for the files of a finished run; a file that takes long is made in the background."""
    return {
        "run": run,
        "files": [(ending, f"documents.{ending}", takes_long(run, ending)) for ending in ENDINGS],
    }
