"""What has a reader asked of a list: scene, filters, order, columns, density?"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet

from keyaccount_web.access.models import User
from keyaccount_web.access.requests import Request
from keyaccount_web.lists.kit import Column, Listing
from keyaccount_web.lists.models import FavouriteView, SavedView
from keyaccount_web.operate.per_request import once_a_request

KEPT = ("whose", "sort", "columns", "density")
"""Parts of a saved view beside the filters."""
PLACE = ("after", "before", "page", "part", "format", "ids", "view", "csrfmiddlewaretoken")
"""Of the moment; never kept."""


@dataclass(frozen=True)
class State:
    """One way to look at one list."""

    listing: Listing
    asked: dict[str, str]
    """Filters and the rest, by name; what is not asked is not there."""
    saved: SavedView | None = None

    @property
    def whose(self) -> str:
        return self.asked.get("whose", self.listing.scenes[0].name)

    @property
    def sort(self) -> str:
        return self.asked.get("sort", self.listing.sort)

    @property
    def is_dense(self) -> bool:
        return self.asked.get("density") == "compact"

    def columns(self, request: Request) -> list[Column]:
        """Those to show, in the order chosen; the first always."""
        there = self.listing.columns_for(request)
        chosen = [name for name in self.asked.get("columns", "").split(",") if name]
        if not chosen:
            return [one for one in there if one.is_shown]
        by_name = {one.name: one for one in there}
        shown = [by_name[name] for name in chosen if name in by_name]
        return shown if there[0] in shown else [there[0], *shown]

    def written_columns(self, request: Request) -> list[Column]:
        """Those of a file or JSON: the keys, then what is shown."""
        shown = self.columns(request)
        keys = [one for one in self.listing.columns_for(request) if one.is_key and one not in shown]
        return [*keys, *shown]

    def rows(self, request: Request) -> QuerySet[Any]:
        """The rows that it asks for, in no order yet."""
        found = self.listing.rows(request)
        for scene in self.listing.scenes:
            if scene.name == self.whose and scene.is_seen(request):
                found = scene.cut(found, request)
        for one in self.listing.filters:
            if self.asked.get(one.name):
                found = one.cut(found, self.asked[one.name])
        return found

    @property
    def query(self) -> str:
        """As an address has it."""
        return urlencode(self.asked)


@once_a_request
def views_of(user: User, listing: str) -> list[SavedView]:
    """The saved views of a list that `user` may use, each with whether it is the favourite (`is_favourite`)."""
    favourite = FavouriteView.objects.filter(user=user, view=OuterRef("pk"))
    return list(SavedView.seen_by(user, listing).annotate(is_favourite=Exists(favourite)))


def favourite_of(user: User, listing: str) -> SavedView | None:
    """The view that the list opens with."""
    views: list[Any] = views_of(user, listing)
    return next((one for one in views if one.is_favourite), None)


def state_of(listing: Listing, request: Request) -> State:
    """What the address asks: a saved view, changed by what stands beside it; nothing asked: the reader's favourite."""
    known = {one.name for one in listing.filters} | set(KEPT)
    told = {name: request.GET[name].strip() for name in request.GET if name in known}
    if request.GET.getlist("column"):
        told["columns"] = ",".join(request.GET.getlist("column"))
    saved = None
    if request.GET.get("view", "").isdecimal():
        wanted = int(request.GET["view"][:9])
        saved = next((one for one in views_of(request.user, listing.name) if one.pk == wanted), None)
    elif not any(name not in ("part", "format") for name in request.GET):
        saved = favourite_of(request.user, listing.name)
    asked = {**(saved.asked if saved else {}), **told}
    return State(listing, {name: value for name, value in asked.items() if value and name in known}, saved)
