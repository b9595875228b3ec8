"""What tests of the web app share. Django is set up here, so that the library's tests run without it."""

from importlib.util import find_spec

if find_spec("django") is None:
    collect_ignore_glob = ["*"]
else:
    from tests.keyaccount_web.fixtures import *  # noqa: F403
