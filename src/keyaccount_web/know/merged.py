"""Where does the address of a merged account lead? To the account that it went into, at the same page (K9)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from keyaccount_web.access.requests import Request
from keyaccount_web.access.scope import survivor_of


def leads_on(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For pages of one account; what is sent to a merged account, or may not be seen, is not there."""

    @wraps(view)
    def shown(request: Request, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, pk, *args, **kwargs)
        except Http404:
            survivor = survivor_of(request.user, pk) if request.method == "GET" else None
            if survivor is None or request.resolver_match is None:
                raise
            match = request.resolver_match
            return redirect(match.view_name, **{**match.kwargs, "pk": survivor.pk})

    return shown
