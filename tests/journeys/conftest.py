"""What journeys in a real browser share with the other tests of the web app."""

from importlib.util import find_spec

if find_spec("django") is None or find_spec("playwright") is None:
    collect_ignore_glob = ["*"]
else:
    from tests.keyaccount_web.fixtures import *  # noqa: F403
