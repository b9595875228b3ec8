"""Every package that the product brings is pinned by its hashes, and its licence is listed."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def packages():
    spec = importlib.util.spec_from_file_location("packages", ROOT / "tools" / "packages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def named(text):
    return re.sub(r"[-_.]+", "-", text).lower()


def test_the_lock_has_what_pyproject_asks_for(packages):
    requirements = pytest.importorskip("packaging.requirements")
    locked = {named(name): version for name, version in packages.pinned().items()}
    for text in packages.direct():
        wanted = requirements.Requirement(text)
        if (
            named(wanted.name) == "keyaccount"
        ):  # an extra of our own, whose packages are asked for by themselves
            continue
        assert named(wanted.name) in locked, f"{wanted.name}: run `python tools/packages.py lock`"
        assert wanted.specifier.contains(locked[named(wanted.name)]), text


def test_every_package_has_hashes_and_none_names_a_place(packages):
    text = packages.LOCK.read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\S)", text) if "==" in block.split("\n", 1)[0]]
    assert len(blocks) == len(packages.pinned()) > 40
    for block in blocks:
        assert "--hash=sha256:" in block, block.split("\n", 1)[0]
    assert not re.search(r"https?:|file:|^-|\s/|@ ", text, re.MULTILINE)


def test_every_licence_is_listed(packages):
    page = packages.LICENCES.read_text(encoding="utf-8")
    missing = [name for name, version in packages.pinned().items() if f"| {name} | {version} |" not in page]
    assert missing == [], "run `python tools/packages.py licences`"
    for name, (version, licence) in packages.browser_packages().items():
        assert f"| {name} | {version} | {licence} |" in page


def test_the_bill_names_each_once_and_is_always_the_same(packages):
    bill = packages.bill()
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    refs = [one["bom-ref"] for one in bill["components"]]
    assert len(refs) == len(set(refs)) == len(packages.pinned()) + len(packages.browser_packages())
    assert packages.bill() == bill
