"""One view for every list: the page, its rows alone, the count, JSON; saving views; exports."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from keyaccount.errors import KeyAccountError
from keyaccount.language import message
from keyaccount_web.access.requests import Request
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.lists.exports import (
    AT_ONCE,
    FORMATS,
    begin_export,
    export_path,
    ids_of,
    json_value,
    sent_at_once,
    title_code,
)
from keyaccount_web.lists.kit import Column, Listing, joined, listings
from keyaccount_web.lists.models import Export, FavouriteView, SavedView, scope_of
from keyaccount_web.lists.paging import Page, page_of
from keyaccount_web.lists.state import State, favourite_of, state_of, views_of
from keyaccount_web.shell.templatetags.pages import lang

PER_PAGE = 50
MOST_JSON = 500


class ListError(KeyAccountError):
    """A list cannot be used as asked."""


def list_view(listing: Listing) -> Callable[[Request], HttpResponse]:
    """The view of a listing, for urls.py."""

    @require_GET
    def view(request: Request) -> HttpResponse:
        state = state_of(listings[listing.name], request)
        rows = state.rows(request)
        if request.GET.get("part") == "count":
            return HttpResponse(message(state.listing.found, lang(), n=rows.count()))
        if request.GET.get("format") == "json":
            return _as_json(request, state)
        return _as_page(request, state)

    return view


def page_for(request: Request, state: State, columns: Sequence[Column], size: int) -> Page:
    """The rows that an address asks for, with what the columns read."""
    sort = state.listing.column(state.sort.lstrip("-"))
    if sort is None or not sort.path or (sort.right and not may(request.user, sort.right)):
        state = replace(state, asked={**state.asked, "sort": state.listing.sort})
        sort = state.listing.column(state.sort.lstrip("-"))
        assert sort is not None, "a listing sorts by one of its columns"  # noqa: S101
    page = page_of(
        joined(state.rows(request), columns),
        sort.path,
        descending=state.sort.startswith("-"),
        size=size,
        after=request.GET.get("after"),
        before=request.GET.get("before"),
    )
    state.listing.decorate(page.rows, request)
    return page


def _as_page(request: Request, state: State) -> HttpResponse:
    listing = state.listing
    template = listing.template
    if request.htmx and not request.htmx.boosted:
        template = "lists/rows.html"
    shown = state.columns(request)
    favourite = favourite_of(request.user, listing.name)
    return render(
        request,
        template,
        {
            "listing": listing,
            "state": state,
            "page": page_for(request, state, shown, PER_PAGE),
            "columns": shown,
            "other_columns": [one for one in listing.columns_for(request) if one not in shown],
            "filters": [
                (one, state.asked.get(one.name, ""), one.choices(request)) for one in listing.filters
            ],
            "is_filtered": any(state.asked.get(one.name) for one in listing.filters),
            "scenes": [one for one in listing.scenes if one.is_seen(request)],
            "saved_views": views_of(request.user, listing.name),
            "favourite": favourite.pk if favourite else None,
            "actions": listing.actions_for(request),
            "may_share": may(request.user, Right.SHARE_VIEWS),
            **listing.context(request),
        },
    )


def _as_json(request: Request, state: State) -> JsonResponse:
    """The same rows for programs: `rows`, and the cursor `after` of the next page or null."""
    asked = request.GET.get("limit", "")
    size = min(int(asked), MOST_JSON) if asked.isdecimal() and int(asked[:9]) > 0 else PER_PAGE
    columns = state.written_columns(request)
    page = page_for(request, state, columns, size)
    rows = [
        {"id": row.pk, **{column.name: json_value(column.of(row)) for column in columns}} for row in page.rows
    ]
    return JsonResponse(
        {"rows": rows, "after": page.after, "before": page.before}, json_dumps_params={"ensure_ascii": False}
    )


def export_view(listing: Listing) -> Callable[[Request], HttpResponse]:
    """All rows of a view of the list, or the selected ones, as xlsx or csv; a large file is made in the background."""

    @require_GET
    def view(request: Request) -> HttpResponse:
        state = state_of(listings[listing.name], request)
        ids = ids_of(request.GET.getlist("ids"))
        file_format = request.GET.get("format", "xlsx")
        if file_format not in FORMATS:
            file_format = "xlsx"
        if ids or state.rows(request)[AT_ONCE : AT_ONCE + 1].count() == 0:
            return sent_at_once(request, state, ids, file_format)
        return render(
            request, "lists/large.html", {"listing": listing, "state": state, "format": file_format}
        )

    return view


@require_POST
def make_export(request: Request, name: str) -> HttpResponse:
    """Have a large file made."""
    state = state_of(_listing(name), request)
    begin_export(request, state, request.POST.get("format", "xlsx"))
    return redirect("exports")


@require_GET
def exports(request: Request) -> HttpResponse:
    """The files that one has had made."""
    own = list(Export.objects.filter(user=request.user)[:50])
    for one in own:
        one.title = title_code(one)  # type: ignore[attr-defined]
    is_waiting = any(one.state in (Export.State.WAITING, Export.State.RUNNING) for one in own)
    template = "lists/exports.html" + ("#files" if request.htmx and not request.htmx.boosted else "")
    return render(request, template, {"exports": own, "is_waiting": is_waiting})


@require_GET
def exported_file(request: Request, pk: int) -> FileResponse:
    """One's own file, as long as one's scope is what it was."""
    export = get_object_or_404(Export, pk=pk, user=request.user, state=Export.State.DONE)
    path = export_path(export)
    if export.posts != scope_of(request.user) or not path.is_file():
        raise Http404
    title = message(title_code(export), export.lang)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{title}-{export.pk}.{export.format}")


def _listing(name: str) -> Listing:
    if name not in listings:
        raise Http404
    return listings[name]


def _back(listing: Listing, view: SavedView | None = None) -> HttpResponse:
    address = reverse(listing.url_name)
    return redirect(f"{address}?view={view.pk}" if view else address)


@require_POST
def save_view(request: Request, name: str) -> HttpResponse:
    """Keep what the list is asked now under a name; one's own view of that name is replaced."""
    listing = _listing(name)
    title = request.POST.get("name", "").strip()[:40]
    if not title:
        messages.error(request, ListError("list.no_name").text(lang()))
        return redirect(f"{reverse(listing.url_name)}?{state_of(listing, request).query}")
    is_shared = request.POST.get("is_shared") == "on" and may(request.user, Right.SHARE_VIEWS)
    with transaction.atomic():
        view, _ = SavedView.objects.update_or_create(
            listing=name,
            owner=request.user,
            name=title,
            defaults={"asked": state_of(listing, request).asked, "is_shared": is_shared},
        )
        if request.POST.get("is_favourite") == "on":
            FavouriteView.objects.update_or_create(user=request.user, listing=name, defaults={"view": view})
    messages.success(request, message("list.saved", lang(), name=title))
    return _back(listing, view)


@require_POST
def favour_view(request: Request, pk: int) -> HttpResponse:
    """Open the list with this view from now on; again: no more."""
    view = get_object_or_404(SavedView, pk=pk)
    get_object_or_404(SavedView.seen_by(request.user, view.listing), pk=pk)
    held = FavouriteView.objects.filter(user=request.user, listing=view.listing, view=view)
    if not held.delete()[0]:
        FavouriteView.objects.update_or_create(
            user=request.user, listing=view.listing, defaults={"view": view}
        )
    return _back(_listing(view.listing), view)


@require_POST
def remove_view(request: Request, pk: int) -> HttpResponse:
    """Forget a view of one's own."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user)
    listing = _listing(view.listing)
    view.delete()
    messages.success(request, message("list.removed", lang(), name=view.name))
    return _back(listing)
