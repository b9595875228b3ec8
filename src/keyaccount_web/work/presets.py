"""Which numbers can a company set for its daily work, and what are they until it does?"""

from collections.abc import Callable

from keyaccount.know.freshness import SHELF_LIVES
from keyaccount.language import message
from keyaccount_web.company.kinds import Whole


def _shelf_life(field: str) -> Callable[[str], str]:
    whose = "contact" if field.startswith("contact.") else "account"
    name = field.rpartition(".")[2]
    return lambda lang: message(f"setting.freshness_{whose}", lang, field=message(f"field.{name}", lang))


PRESETS = (
    Whole("to_do.owner_after_days", 3, most=365),
    Whole("to_do.superior_after_days", 7, most=365),
    Whole("comment.edit_minutes", 15, most=1440),
    Whole("file.most_megabytes", 20, least=1, most=200),
    Whole("file.keep_days", 30, least=1, most=3650),
    *(
        Whole(f"freshness.{field}", days, _shelf_life(field), least=1, most=36500)
        for field, days in SHELF_LIVES.items()
    ),
)
