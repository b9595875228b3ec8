"""Every test that the security page names as proof is there."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "security.md"


def test_every_named_test_exists():
    named = re.findall(r"`((?:tests/)?[\w/]+\.py)(?:::(\w+))?`", PAGE.read_text(encoding="utf-8"))
    named = [(file, name) for file, name in named if "test_" in file]
    assert len(named) > 40
    for file, name in named:
        path = TESTS.parent / file if file.startswith("tests/") else TESTS / "keyaccount_web" / file
        assert path.is_file(), file
        assert not name or re.search(rf"^class {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE), (
            name
        )
