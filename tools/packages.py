"""What does the product bring with it, in which versions, under which licences?

`python tools/packages.py lock` pins every package of `keyaccount[web]` (Linux, Python 3.11) with its hashes in deploy/requirements.txt (needs uv);
`licences` lists their licences in docs/licences.md; `sbom FILE` writes a bill of materials (CycloneDX 1.5 JSON). The latter two
look at the packages that are installed and at browser/package-lock.json.
"""

import json
import re
import subprocess
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "deploy" / "requirements.txt"
LICENCES = ROOT / "docs" / "licences.md"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def pinned() -> dict[str, str]:
    """Package → version, by the lock."""
    return dict(_PINNED.findall(LOCK.read_text(encoding="utf-8")))


def lock() -> None:
    """Pin anew; versions that fit stay as they are unless `uv` is told to upgrade."""
    words = ["pip", "compile", "pyproject.toml", "--extra", "web", "--extra", "postgres"]
    words += [
        "--python-version",
        "3.11",
        "--python-platform",
        "linux",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
    ]
    subprocess.run(
        ["uv", *words, "--quiet", "--output-file", str(LOCK.relative_to(ROOT))], cwd=ROOT, check=True
    )


def browser_packages() -> dict[str, tuple[str, str]]:
    """Package → version and licence of what the pages bring into the browser."""
    told = json.loads((ROOT / "browser" / "package-lock.json").read_text(encoding="utf-8"))
    return {
        path.rpartition("node_modules/")[2]: (one["version"], one.get("license", ""))
        for path, one in told["packages"].items()
        if path
    }


def licence_of(name: str) -> str:
    """As the package itself says; empty where it is not installed or says nothing."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expression := told.get("License-Expression"):
        return expression
    classifiers = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    named = [one for one in classifiers if one != "OSI Approved"]
    if named:
        return ", ".join(sorted(set(named)))
    first = (told.get("License") or "").strip().splitlines()
    return first[0][:80] if first else ""


def licences_page(known: dict[str, str]) -> str:
    """The page of the docs; `known` are licences that stand there already, for packages of other systems."""
    lines = [
        "# Licences of what keyaccount brings",
        "",
        "*Made by `tools/packages.py licences`; do not edit it.* keyaccount itself: Apache-2.0.",
        "",
        "| Package | Version | Licence |",
        "| --- | --- | --- |",
    ]
    for name, version in sorted(pinned().items()):
        licence = licence_of(name) or known.get(name, "") or "not installed here: see the package"
        lines.append(f"| {name} | {version} | {licence} |")
    lines += ["", "In the browser:", "", "| Package | Version | Licence |", "| --- | --- | --- |"]
    lines += [
        f"| {name} | {version} | {licence} |"
        for name, (version, licence) in sorted(browser_packages().items())
    ]
    return "\n".join(lines) + "\n"


def listed() -> dict[str, str]:
    """Package → licence, by the page as it stands."""
    if not LICENCES.exists():
        return {}
    rows = re.findall(
        r"^\| ([^ |]+) \| [^|]+ \| ([^|]+) \|$", LICENCES.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {
        name: licence
        for name, licence in rows
        if name not in ("Package", "---") and "not installed" not in licence
    }


def bill() -> dict[str, object]:
    """CycloneDX; the same lock gives the same bill."""
    version = re.search(
        r'__version__ = "([^"]+)"', (ROOT / "src/keyaccount/__init__.py").read_text(encoding="utf-8")
    )
    known = listed()
    components = [
        _component("pypi", name, number, known.get(name, "")) for name, number in sorted(pinned().items())
    ]
    components += [_component("npm", name, *told) for name, told in sorted(browser_packages().items())]
    told = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "keyaccount",
                "version": version[1] if version else "0",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(told, sort_keys=True))
    return {"serialNumber": f"urn:uuid:{number}", **told}


def _component(kind: str, name: str, version: str, licence: str) -> dict[str, object]:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    told: dict[str, object] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    return told | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def direct() -> list[str]:
    """What pyproject.toml asks for by itself."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = told["optional-dependencies"]
    return [*told["dependencies"], *extras["web"], *extras["postgres"]]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lock"]:
            lock()
        case ["licences"]:
            LICENCES.write_text(licences_page(listed()), encoding="utf-8")
        case ["sbom", file]:
            Path(file).write_text(json.dumps(bill(), indent=1) + "\n", encoding="utf-8")
        case _:
            sys.exit(__doc__)
