"""Which tables and fields of records do the sheets write to, and how are their values and codes matched to columns?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.know.models import Account, Contact


@dataclass(frozen=True)
class Column:
    """One field that an import may write."""

    name: str
    refers_to: type[models.Model] | None = None
    by: str = "code"
    """Field by which the record referred to is known."""


ACCOUNT_COLUMNS = (
    Column("name"),
    Column("parent", Account),
    Column("unit", OrgUnit),
    Column("owner", User, "username"),
    *(
        Column(name)
        for name in ("region", "industry", "channel", "address", "tax_number", "website", "remark")
    ),
)
CONTACT_COLUMNS = tuple(Column(name) for name in ("code", "name", "title", "department", "phone", "email"))
MODELS: dict[str, type[models.Model]] = {"accounts": Account, "contacts": Contact}
COLUMNS: dict[str, tuple[Column, ...]] = {"accounts": ACCOUNT_COLUMNS, "contacts": CONTACT_COLUMNS}


def in_parts(values: Iterable[Any], size: int = 900) -> Iterable[list[Any]]:
    """In lists so short that a database takes them as parameters."""
    part: list[Any] = []
    for value in values:
        part.append(value)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
