"""Without the web app's packages its commands say how to install them."""

import sys

import pytest

from .test_find import run


@pytest.mark.parametrize("command", ["demo", "serve", "worker", "scheduler"])
def test_says_how_to_install_the_web_app(command, capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "django", None)
    monkeypatch.setenv("KEYACCOUNT_DEMO_HOME", str(tmp_path / "demo"))
    code, out, err = run(capsys, command)
    assert (code, out) == (2, "")
    assert "pip install 'keyaccount[web]'" in err
    assert not (tmp_path / "demo").exists()
