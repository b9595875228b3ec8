"""Which accounts have special standing: government, army, reference customers? Whoever records it says so here (F6, F7).

add_standing(lambda: table)     # account_id, account_name, standing
"""

from collections.abc import Callable

import pyarrow as pa

_sources: list[Callable[[], pa.Table]] = []


def add_standing(source: Callable[[], pa.Table]) -> None:
    """Adding it again changes nothing."""
    if source not in _sources:
        _sources.append(source)


def standing_table() -> pa.Table | None:
    """account_id, account_name, standing, from all that record it; None: nobody does."""
    if not _sources:
        return None
    return pa.concat_tables([source() for source in _sources])
