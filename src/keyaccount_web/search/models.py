"""By which texts is something found? One row per object and text, so that an index finds it by how the text begins."""

from django.db import models


class SearchKey(models.Model):
    """A text that an object is found by where it begins with what is typed.

    Bytes, since they are compared one by one on every database, whatever its language: a range of an index is then all that
    begins with a prefix. `LIKE 'x%'` would use no index on SQLite, and on PostgreSQL one of its own only.
    """

    class Why(models.IntegerChoices):
        CODE = 1
        TAX = 2
        PHONE = 3
        NAME = 4
        NAME_WITHIN = 5
        PINYIN = 6
        PINYIN_WITHIN = 7
        INITIALS = 8
        INITIALS_WITHIN = 9
        EMAIL = 10

    kind = models.PositiveSmallIntegerField()
    """Number of the `Searchable`."""
    object_id = models.BigIntegerField()
    text = models.BinaryField(max_length=64)
    """UTF-8, at most `keys.LONGEST` characters."""
    why = models.PositiveSmallIntegerField(choices=Why)

    class Meta:
        indexes = (
            # The kind first: otherwise SQLite takes the other index for it and reads all keys of the kind.
            models.Index(fields=("kind", "text", "object_id", "why"), name="search_by_text"),
            models.Index(fields=("kind", "object_id", "text"), name="search_by_object"),
        )
