"""Where does the product keep its files? `KEYACCOUNT_HOME`, else the platform's user data folder."""

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The data folder; it need not exist yet."""
    chosen = os.environ.get("KEYACCOUNT_HOME")
    return Path(chosen) if chosen else user_data_path("keyaccount", appauthor=False)
