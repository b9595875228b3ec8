"""How do two accounts become one, and two again? Previewed, in one transaction, with nothing lost (K9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.db.models import Field
from django.utils import timezone

from keyaccount.errors import KeyAccountError
from keyaccount_web.access.models import User
from keyaccount_web.access.roles import Right
from keyaccount_web.access.scope import may, visible_accounts, visible_merged
from keyaccount_web.duplicates import joining
from keyaccount_web.duplicates.models import DuplicatePair, Merge
from keyaccount_web.duplicates.references import Reference, reference, references
from keyaccount_web.know.models import Account
from keyaccount_web.know.services import EDITABLE, figures_again

Side = Literal["survivor", "merged"]
FIELDS = (*EDITABLE, "owner", "unit", "parent")


class MergeRefusedError(KeyAccountError):
    """These accounts cannot be merged, or not be taken apart again."""


@dataclass(frozen=True)
class FieldChoice:
    """One field of two accounts, and whose value is taken unless somebody chooses otherwise."""

    name: str
    survivor: Any
    merged: Any
    preset: Side
    may_take: tuple[Side, ...]
    """A parent that would lie below the account cannot be taken."""

    @property
    def differs(self) -> bool:
        return bool(self.survivor != self.merged)


@dataclass(frozen=True)
class Moving:
    """Records of one kind that point at the account to be merged."""

    text_code: str
    moved: int
    kept: int
    """Stay with the merged account, since the survivor has the like."""
    joined: int = 0
    """Become one with the survivor's of the same name."""


@dataclass(frozen=True)
class MergePreview:
    """What merging two accounts would do. Nothing is written."""

    survivor: Account
    merged: Account
    fields: tuple[FieldChoice, ...]
    moving: tuple[Moving, ...]


def preview(survivor: Account, merged: Account) -> MergePreview:
    """What would become of two accounts if `merged` became part of `survivor`.

    Raises MergeRefusedError `merge.same`.
    """
    if survivor.pk == merged.pk:
        raise MergeRefusedError("merge.same", name=survivor.name)
    moving = []
    for one in references():
        free, taken = _parted(one, merged, survivor)
        joined = len(joining.pairs_of(one.model, merged, survivor))
        if free or taken:
            moving.append(Moving(one.text_code, len(free), len(taken) - joined, joined))
    return MergePreview(survivor, merged, _choices(survivor, merged), tuple(moving))


def merge(
    survivor_id: int,
    merged_id: int,
    chosen: Mapping[str, Side],
    *,
    versions: tuple[int, int],
    user: User,
) -> Merge:
    """Make one account part of another: the chosen fields, and every record that points at it.

    Parameters
    ----------
    chosen : field → whose value is taken; a field that is not named takes its preset.
    versions : of the survivor and of the other, as they were read.

    Raises
    ------
    MergeRefusedError `merge.not_allowed`, `merge.same`, `merge.gone` (not there, or not to be seen), `merge.changed`,
    `merge.circle`. Nothing is written then.
    """
    if not may(user, Right.MERGE):
        raise MergeRefusedError("merge.not_allowed")
    with transaction.atomic():
        survivor, merged = _both(survivor_id, merged_id, user)
        changed = [
            one.name
            for one, version in zip((survivor, merged), versions, strict=True)
            if one.version != version
        ]
        if changed:
            raise MergeRefusedError("merge.changed", names=changed)
        record = Merge(survivor=survivor, merged=merged, merged_by=user, moved=[], kept=[])
        record.fields = _take_fields(survivor, merged, chosen)
        record.save()
        reason = f"merge {record.pk}"
        came, record.joined = joining.join(merged, survivor, user=user, reason=reason)
        for one in references():
            free, taken = _parted(one, merged, survivor)
            kind = {"model": one.label, "field": one.field}
            if free:
                one.move(free, survivor, user=user, reason=reason)
                record.moved.append({**kind, "ids": free})
                came.ids[one.model] |= set(free)
            if taken:
                record.kept.append({**kind, "ids": taken})
        record.settled = joining.settle(came, reason)
        record.save(update_fields=["moved", "kept", "joined", "settled"])
        merged.merged_into = survivor
        for account in (survivor, merged):
            _save(account, reason)
        figures_again([survivor.pk, merged.pk])
    return record


def undo(merge_id: int, *, user: User) -> list[str]:
    """Take two accounts apart again, every record back to where it was.

    What was added to the survivor since stays with it, and so does a field that was changed since. Gives the names of such
    fields.

    Raises
    ------
    MergeRefusedError `merge.not_allowed`, `merge.gone`, `merge.undone`, `merge.undo_later` (a later merge stands on this
    one), `merge.undo_impossible` (records were removed or moved on since). Nothing is written then.
    """
    if not may(user, Right.MERGE):
        raise MergeRefusedError("merge.not_allowed")
    with transaction.atomic():
        record = Merge.objects.select_for_update(of=("self",)).filter(pk=merge_id).first()
        if record is None or not may_undo(record, user):
            raise MergeRefusedError("merge.gone")
        if record.undone_at is not None:
            raise MergeRefusedError("merge.undone", name=record.merged.name)
        locked = Account.with_merged.select_for_update(of=("self",)).order_by("pk")
        accounts = {one.pk: one for one in locked.filter(pk__in=[record.survivor_id, record.merged_id])}
        survivor, merged = accounts[record.survivor_id], accounts[record.merged_id]
        _refuse_later(record)
        back = _movable_back(record, survivor, merged)
        reason = f"merge {record.pk} undone"
        merged.merged_into = None
        kept = _give_fields_back(survivor, record)
        for account in (survivor, merged):
            _save(account, reason)
        for one, ids, target in back:
            one.move(ids, target, user=user, reason=reason)
        joining.unsettle(record.settled, reason)
        _refuse_circles(survivor, merged)
        record.undone_by, record.undone_at = user, timezone.now()
        record.save(update_fields=["undone_by", "undone_at"])
        figures_again([survivor.pk, merged.pk])
    return kept


def may_undo(record: Merge, user: User) -> bool:
    """Whether the user sees both accounts of a merge and may merge."""
    if not may(user, Right.MERGE):
        return False
    both = [record.survivor_id, record.merged_id]
    # Either may have been merged on, or taken apart, since.
    return (
        visible_accounts(user).filter(pk__in=both).count() + visible_merged(user).filter(pk__in=both).count()
        == 2
    )


def _both(survivor_id: int, merged_id: int, user: User) -> tuple[Account, Account]:
    if survivor_id == merged_id:
        name = visible_accounts(user).filter(pk=survivor_id).values_list("name", flat=True).first()
        raise MergeRefusedError("merge.same", name=name or "")
    locked = visible_accounts(user).select_for_update(of=("self",)).order_by("pk")
    found = {one.pk: one for one in locked.filter(pk__in=[survivor_id, merged_id])}
    if len(found) != 2:
        raise MergeRefusedError("merge.gone")
    return found[survivor_id], found[merged_id]


def _save(account: Account, reason: str) -> None:
    account.version += 1
    account._change_reason = reason  # type: ignore[attr-defined]  # as simple_history takes it
    account.save()


def _parted(one: Reference, merged: Account, survivor: Account) -> tuple[list[int], list[int]]:
    """As `Reference.parted`; a survivor that lay below the merged account never becomes its own parent."""
    free, taken = one.parted(merged, survivor)
    if one.model is Account:
        free = [pk for pk in free if pk != survivor.pk]
    staying = joining.stays(one.model, merged, survivor)
    return [pk for pk in free if pk not in staying], sorted({*taken, *(staying & set(free))})


def _choices(survivor: Account, merged: Account) -> tuple[FieldChoice, ...]:
    parents = [side for side in (survivor, merged) if _may_be_parent(side.parent_id, survivor, merged)]
    choices = []
    for name in FIELDS:
        own, other = getattr(survivor, name), getattr(merged, name)
        may_take: tuple[Side, ...] = ("survivor", "merged")
        if name == "parent":
            sides: tuple[tuple[Side, Account], ...] = (("survivor", survivor), ("merged", merged))
            may_take = tuple(side for side, one in sides if one in parents)
        preset: Side = "merged" if own in ("", None) and other not in ("", None) else "survivor"
        if preset not in may_take:
            preset = may_take[0] if may_take else "survivor"
        choices.append(FieldChoice(name, own, other, preset, may_take))
    return tuple(choices)


def _may_be_parent(parent_id: int | None, survivor: Account, merged: Account) -> bool:
    """Whether the way up from it meets neither of the two."""
    met = {survivor.pk, merged.pk}
    while parent_id is not None:
        if parent_id in met:
            return False
        met.add(parent_id)
        parent_id = Account.with_merged.values_list("parent_id", flat=True).get(pk=parent_id)
    return True


def _field(name: str) -> "Field[Any, Any]":
    field = Account._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - those of FIELDS are
    return field


def _take_fields(survivor: Account, merged: Account, chosen: Mapping[str, Side]) -> dict[str, Any]:
    """Set the survivor's fields; gives what each changed one was and is."""
    changed: dict[str, Any] = {}
    for one in _choices(survivor, merged):
        side = chosen.get(one.name, one.preset)
        value = one.survivor if side == "survivor" else one.merged
        if one.name == "parent" and value is not None and side not in one.may_take:
            if one.name in chosen and one.may_take:
                raise MergeRefusedError("merge.circle", parent=value.name, name=survivor.name)
            value = None
        field = _field(one.name)
        before = field.value_from_object(survivor)
        setattr(survivor, one.name, value)
        after = field.value_from_object(survivor)
        if before != after:
            changed[one.name] = {"before": before, "after": after}
    return changed


def _give_fields_back(survivor: Account, record: Merge) -> list[str]:
    """Set the fields to what they were, but for those that were changed since; gives their names."""
    kept = []
    for name, told in record.fields.items():
        field = _field(name)
        if field.value_from_object(survivor) != field.to_python(told["after"]):
            kept.append(name)
            continue
        setattr(survivor, field.attname, field.to_python(told["before"]))
    return kept


def _refuse_later(record: Merge) -> None:
    """A later merge of the survivor into a third account, or one that changed the same fields, has to be undone first."""
    later = Merge.objects.filter(pk__gt=record.pk, undone_at=None).select_related("merged").order_by("-pk")
    for one in later.filter(merged_id=record.survivor_id):
        raise MergeRefusedError("merge.undo_later", name=one.merged.name)
    for one in later.filter(survivor_id=record.survivor_id):
        if one.fields.keys() & record.fields.keys():
            raise MergeRefusedError("merge.undo_later", name=one.merged.name)


Back = tuple[Reference, Sequence[int], Any]
"""A reference, ids of its records, at whom they are to point."""


def _movable_back(record: Merge, survivor: Account, merged: Account) -> list[Back]:
    """What is to be given back. Raises MergeRefusedError `merge.undo_impossible`, naming what is in the way."""
    back: list[Back] = []
    gone: list[str] = []
    moved = [(told, reference(told["model"], told["field"]), survivor, merged) for told in record.moved]
    joined = [(told, *joining.joined_of(told)) for told in record.joined]
    for told, one, now, before in [*moved, *joined]:
        if one is None:
            gone.append(told["model"])
            continue
        free: list[int] = []
        if now is not None and before is not None:
            free, _ = one.parted(now, before, among=told["ids"])
        gone += one.names([pk for pk in told["ids"] if pk not in set(free)])
        back.append((one, free, before))
    if gone:
        raise MergeRefusedError("merge.undo_impossible", records=gone)
    return back


def _refuse_circles(*accounts: Account) -> None:
    for account in accounts:
        met, parent_id = {account.pk}, account.parent_id
        while parent_id is not None:
            if parent_id in met:
                raise MergeRefusedError("merge.undo_impossible", records=[account.name])
            met.add(parent_id)
            parent_id = Account.with_merged.values_list("parent_id", flat=True).get(pk=parent_id)


def decide_pair(pair: DuplicatePair, state: str, user: User) -> None:
    """Two accounts are not one customer, or that is open again."""
    pair.state, pair.decided_by, pair.decided_at = state, user, timezone.now()
    pair.save(update_fields=["state", "decided_by", "decided_at"])
