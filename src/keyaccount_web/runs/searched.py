"""How is a run searched? By its number, by those who may open it."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may
from keyaccount_web.runs.models import Run
from keyaccount_web.search.keys import Key, code_keys
from keyaccount_web.search.registry import Searchable, Told, register
from keyaccount_web.shell.templatetags.pages import lang


def may_see_runs(user: User) -> bool:
    return may(user, Right.RUN) or may(user, Right.COMPANY_FIGURES)


def run_keys(one: Run) -> Iterator[Key]:
    """12, 计算12, run12."""
    for language in ("zh", "en"):
        yield from code_keys(f"{message('runs.number', language)}{one.pk}")


def _visible(user: User) -> QuerySet[Run]:
    return Run.objects.select_related("started_by") if may_see_runs(user) else Run.objects.none()


def _told(one: Run) -> Told:
    beside = f"{timezone.localdate(one.created_at)} · {one.started_by.name}"
    return Told(f"{message('runs.number', lang())} {one.pk}", reverse("run", args=[one.pk]), beside=beside)


def register_runs() -> None:
    register(
        Searchable(4, "run", Run, keys=run_keys, visible=_visible, largest_first=("-created_at",), told=_told)
    )
