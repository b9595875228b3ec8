"""The page of the search, and its hits as one types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keyaccount_web.access.requests import Request
from keyaccount_web.search import services

LONGEST_QUERY = 100
TYPING, PAGE = 6, 50
"""Hits of a kind."""


@require_GET
def search(request: Request) -> HttpResponse:
    """Everything that one may see, by name, pinyin, initials, code, telephone or tax number."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    typing = request.htmx and request.htmx.target == "find-hits"
    groups = services.search(request.user, query, most=TYPING if typing else PAGE)
    answer = render(
        request,
        "search/hits.html" if typing else "search/search.html",
        {"query": query, "groups": groups, "typing": typing},
    )
    answer.headers["Vary"] = "HX-Request, HX-Target"
    return answer
