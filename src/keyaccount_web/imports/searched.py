"""How is an import searched? By its number and the name of its file, by whoever brought it."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from keyaccount.language import message
from keyaccount_web.access.models import User
from keyaccount_web.imports.models import FileImport
from keyaccount_web.search.keys import Key, code_keys, name_keys
from keyaccount_web.search.registry import Searchable, Told, register
from keyaccount_web.shell.templatetags.pages import lang


def import_keys(one: FileImport) -> Iterator[Key]:
    """12, 导入12, import12, and the file's name."""
    for language in ("zh", "en"):
        yield from code_keys(f"{message('search.import', language)}{one.pk}")
    yield from name_keys(one.file_name.rpartition(".")[0] or one.file_name)


def _visible(user: User) -> QuerySet[FileImport]:
    own = FileImport.objects.filter(by=user.pk).exclude(state=FileImport.State.DISCARDED)
    return own.select_related("by")


def _told(one: FileImport) -> Told:
    beside = f"{timezone.localdate(one.created_at)} · {one.file_name}"
    title = f"{message('search.import', lang())} {one.pk}"
    return Told(title, reverse("import", args=[one.pk]), beside=beside)


def register_imports() -> None:
    register(
        Searchable(
            5,
            "import",
            FileImport,
            keys=import_keys,
            visible=_visible,
            largest_first=("-created_at",),
            told=_told,
        )
    )
