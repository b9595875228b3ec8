"""What can be searched? Each chapter adds its own in a few lines.

register(Searchable(3, "contract", Contract, keys=lambda one: name_keys(one.title), visible=lambda user: …,
                    largest_first=("-amount",), told=lambda one: Told(one.title, url)))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import post_delete, post_save

from keyaccount_web.access.models import User
from keyaccount_web.search.keys import Key


@dataclass(frozen=True)
class Told:
    """How an object stands among the hits."""

    title: str
    url: str
    code: str = ""
    beside: str = ""
    phone: str = ""
    tax_number: str = ""


@dataclass(frozen=True)
class Searchable:
    """A kind of object that is searched."""

    number: int
    """In the table of keys; never used for another."""
    name: str
    """The text is `search.kind.<name>`."""
    model: type[Model]
    keys: Callable[[Any], Iterable[Key]]
    visible: Callable[[User], QuerySet[Any]]
    """Those that a user may see, with what `told` needs."""
    largest_first: tuple[Any, ...]
    """Order among hits that match alike."""
    told: Callable[[Any], Told]
    account: str = ""
    """The field with the account's id, where there is one: the largest customers can then be gone through in their order."""


SEARCHABLE: dict[str, Searchable] = {}


def register(one: Searchable) -> None:
    """Let it be searched, and its keys follow what is saved and deleted."""
    from keyaccount_web.search.services import forget, refresh

    SEARCHABLE[one.name] = one

    def saved(instance: Any, raw: bool = False, **_more: Any) -> None:
        if not raw:
            refresh(one, [instance])

    def deleted(instance: Any, **_more: Any) -> None:
        forget(one, [instance.pk])

    post_save.connect(saved, one.model, weak=False, dispatch_uid=f"search_saved_{one.name}")
    post_delete.connect(deleted, one.model, weak=False, dispatch_uid=f"search_deleted_{one.name}")
