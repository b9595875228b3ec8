"""How does a code with values, kept as JSON, become a text in a reader's language?"""

from collections.abc import Mapping
from typing import Any

from keyaccount.language import knows, message


def say(code: str, lang: str, values: Mapping[str, Any]) -> str:
    """The text; a value may itself be `{"code": …, "values": …}`. A code that is known no more is shown as it is."""
    if not knows(code):
        return code
    told = {
        name: say(value["code"], lang, value.get("values", {}))
        if isinstance(value, dict) and "code" in value
        else value
        for name, value in values.items()
    }
    try:
        return message(code, lang, **told)
    except (KeyError, ValueError, TypeError):  # kept by an earlier version with other values
        return code
