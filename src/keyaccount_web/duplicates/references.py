"""Which records point at an account? All of every chapter, so that a merge moves what later chapters bring, too (K9)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalChanges
from simple_history.utils import NotHistoricalModelError, get_history_manager_for_model

from keyaccount.language import catalogue
from keyaccount_web.access.models import User
from keyaccount_web.know.models import Account, AccountFigures

BATCH = 1000
# Figures are made of a run, and merges tell what happened: neither goes over to another account.
_STAY = (AccountFigures,)
_OWN_APP = "duplicates"


@dataclass(frozen=True)
class Reference:
    """A field by which a record points at an account, or at a record of one."""

    model: type[models.Model]
    field: str

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def text_code(self) -> str:
        """Code of the text that names such records."""
        code = f"kind.{self.label}.{self.field}" if self.model is Account else f"kind.{self.label}"
        return code if code in catalogue() else "kind.other"

    def of(self, target: models.Model) -> "models.QuerySet[models.Model]":
        """The records that point at it, merged accounts among them."""
        return self.model._base_manager.filter(**{self.field: target.pk}).order_by("pk")

    def parted(
        self, account: models.Model, target: models.Model, *, among: Sequence[int] | None = None
    ) -> tuple[list[int], list[int]]:
        """Ids of the records that can point at `target` instead, and of those that cannot since it has the like."""
        found = self.of(account)
        if among is not None:
            found = found.filter(pk__in=among)
        own = self.model._meta.get_field(self.field)
        if getattr(own, "primary_key", False):
            return [], list(found.values_list("pk", flat=True))
        if not self._is_unique():
            return list(found.values_list("pk", flat=True)), []
        taken = {row.pk for row in found if self._collides(row, target)}
        ids = list(found.values_list("pk", flat=True))
        return [pk for pk in ids if pk not in taken], [pk for pk in ids if pk in taken]

    def move(self, ids: Sequence[int], target: models.Model, *, user: User, reason: str) -> None:
        """Let records point at `target`, with an entry in the history of those that have one."""
        for begin in range(0, len(ids), BATCH):
            rows = self.model._base_manager.filter(pk__in=ids[begin : begin + BATCH])
            rows.update(**{self.field: target.pk})
            try:
                history = get_history_manager_for_model(self.model)
            except NotHistoricalModelError:
                continue
            history.bulk_history_create(
                rows, batch_size=BATCH, update=True, default_user=user, default_change_reason=reason
            )

    def names(self, ids: Sequence[int]) -> list[str]:
        """What records are called, those that are gone by their history; one without a history is gone for good and not named."""
        there = {row.pk: str(row) for row in self.model._base_manager.filter(pk__in=ids[:BATCH])}
        told = []
        for pk in ids[:BATCH]:
            if pk not in there and hasattr(self.model, "history"):
                entry = self.model.history.filter(**{self.model._meta.pk.name: pk}).first()
                there |= {pk: str(entry.instance)} if entry else {}
            if pk in there:
                told.append(there[pk])
        return told

    def _is_unique(self) -> bool:
        """Whether any uniqueness may hang on the field."""
        meta = self.model._meta
        return (
            bool(getattr(meta.get_field(self.field), "unique", False))
            or any(self.field in names for names in meta.unique_together)
            or any(
                isinstance(one, models.UniqueConstraint)
                and (self.field in one.fields or one.expressions or one.condition)
                for one in meta.constraints
            )
        )

    def _collides(self, row: models.Model, target: models.Model) -> bool:
        setattr(row, f"{self.field}_id", target.pk)
        try:
            row.validate_unique()
            row.validate_constraints()
        except ValidationError:
            return True
        return False


def references() -> Iterator[Reference]:
    """Every field of every record that points at accounts, by name of the record."""
    return references_to(Account)


def references_to(target: type[models.Model]) -> Iterator[Reference]:
    """Every field of every record that points at such records, by name of the record."""
    found = []
    for relation in target._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        model = relation.related_model
        if (
            not isinstance(model, type)
            or issubclass(model, HistoricalChanges)
            or model in _STAY
            or getattr(model, "stays_on_merge", False)
            or model._meta.app_label == _OWN_APP
        ):
            continue
        found.append(Reference(model, relation.field.name))
    return iter(sorted(found, key=lambda one: (one.label, one.field)))


def reference(label: str, field: str) -> Reference | None:
    """The reference that a kept merge names; None: there are no such records any more."""
    return next((one for one in references() if (one.label, one.field) == (label, field)), None)
