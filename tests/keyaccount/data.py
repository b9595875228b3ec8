"""Where is the shared data? Tests on it are skipped, visibly, where it is absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The one reason for a skip that CI allows, since the data are not part of the project.
NO_SHARED_DATA = "no shared data here"


def shared(path):
    """A file of the shared data folder."""
    file = Path(os.environ.get("KEYACCOUNT_SHARED_DATA", ROOT.parent / "shared" / "data")) / path
    if not file.exists():
        pytest.skip(f"{NO_SHARED_DATA}: {path}")
    return file
