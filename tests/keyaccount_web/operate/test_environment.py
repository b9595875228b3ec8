"""Each setting that the code reads from the environment is documented, in both languages, and none that is not read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import keyaccount
import keyaccount_web
from keyaccount.language import catalogue

_READ = re.compile(r"""(?:environ(?:\.get\(|\.pop\(|\[)|_flag\(|getenv\()\s*["']([A-Z_]+)["']""")
# Of other programs: read, but not ours to document.
_OTHERS = {
    "SPARK_REMOTE",
    "JAVA_HOME",
    "LC_ALL",
    "LC_MESSAGES",
    "DJANGO_SETTINGS_MODULE",
    "PROMETHEUS_MULTIPROC_DIR",
}


def test_every_variable_is_documented_and_every_documented_one_is_read():
    sources = [
        path.read_text(encoding="utf-8")
        for package in (keyaccount, keyaccount_web)
        for path in Path(package.__path__[0]).rglob("*.py")
    ]
    read = {name for text in sources for name in _READ.findall(text)} - _OTHERS
    # The reader's language is looked up in a loop.
    read |= {name for text in sources for name in re.findall(r'"(KEYACCOUNT_LANG)"', text)}
    documented = {
        code.removeprefix("environment.") for code in catalogue() if code.startswith("environment.")
    }
    assert len(read) > 25
    assert read == documented


def test_over_https_the_session_is_bound_to_the_host(tmp_path):
    script = (
        "import django; django.setup(); from django.conf import settings; print(settings.SESSION_COOKIE_NAME)"
    )
    for https, name in (("1", "__Host-sessionid"), ("", "sessionid")):
        told = os.environ | {
            "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
            "KEYACCOUNT_HTTPS": https,
            "KEYACCOUNT_HOME": str(tmp_path),
        }
        out = subprocess.run(  # noqa: S603
            [sys.executable, "-c", script], env=told, check=True, capture_output=True, text=True
        )
        assert out.stdout.strip() == name
