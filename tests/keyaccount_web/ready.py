"""Django, set up for tests: imported before anything of the web app. The library's tests never import this."""

import atexit
import os
import shutil
import tempfile

_FOR_IMPORT = {
    "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
    "KEYACCOUNT_HOME": tempfile.mkdtemp(prefix="keyaccount-tests-"),
    "KEYACCOUNT_TASKS": "django_tasks.backends.immediate.ImmediateBackend",
    "TZ": "Asia/Shanghai",
}
atexit.register(shutil.rmtree, _FOR_IMPORT["KEYACCOUNT_HOME"], ignore_errors=True)
_OTHERS = (
    "KEYACCOUNT_HTTPS",
    "KEYACCOUNT_SIGN_IN",
    "KEYACCOUNT_EMAIL_URL",
    "KEYACCOUNT_HOSTS",
    "KEYACCOUNT_DEBUG",
)

_before = {name: os.environ.get(name) for name in (*_FOR_IMPORT, *_OTHERS)}
for _name in _OTHERS:
    os.environ.pop(_name, None)
os.environ |= _FOR_IMPORT

import django  # noqa: E402
from django.conf import settings  # noqa: E402

assert not settings.configured, "settings were read before the tests' own data folder was named"
django.setup()
settings.STATIC_ROOT.mkdir()  # whitenoise warns where there is none

# Not even the settings' name stays: pytest-xdist hands the environment on, and its workers would read settings too early.
for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value
