"""The chapter's own address leads to its first section."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from keyaccount_web.access.requests import Request
from keyaccount_web.find.sections import sections_for


@require_GET
def find(request: Request) -> HttpResponse:
    """The first section that the reader may open."""
    sections = sections_for(request.user)
    if not sections:
        raise PermissionDenied
    return redirect(sections[0].url_name)
