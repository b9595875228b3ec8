"""Are the examples of the page on the API true? Each is run, in both languages."""

import json
import re
import shlex
from pathlib import Path

import pytest

from keyaccount_web.api.tokens import SCOPES, make_token
from keyaccount_web.api.webhooks import signature

DOCS = Path(__file__).parents[3] / "docs"
ANYTHING = "…"


def blocks(lang):
    text = (DOCS / lang / "api.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def is_like(told, expected):
    """Whether an answer is as the page shows it; `…` stands for anything, as a key for all the rest."""
    if expected == ANYTHING:
        return True
    if isinstance(expected, dict):
        rest = ANYTHING in expected
        names = expected.keys() - {ANYTHING}
        return (names <= told.keys() if rest else names == told.keys()) and all(
            is_like(told[name], expected[name]) for name in names
        )
    if isinstance(expected, list):
        return len(told) == len(expected) and all(map(is_like, told, expected))
    return told == expected


def curl(command, send, token, ids):
    """The answer to a curl command."""
    for name, value in ids.items():
        command = command.replace(name, value)
    words = shlex.split(command.replace("\\\n", " ").replace("$KEYACCOUNT_TOKEN", token))
    method, headers, body, address = None, {}, None, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "--json":
            body, headers["Content-Type"] = next(rest).encode(), "application/json"
        else:
            address = word
    answer = send(method or ("POST" if body else "GET"), address, headers, body)
    return json.loads(answer.body)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.usefixtures("own_ledger")
def test_every_example_is_true(company, send, monkeypatch, tmp_path, lang):
    _, token = make_token(company.users["owner"], name="例", scopes=SCOPES)
    _, of_analyst = make_token(company.users["analyst"], name="例", scopes=SCOPES)
    pk = company.accounts["K7101"].pk
    ids = {"accounts/17": f"accounts/{pk}", "account:17": f"account:{pk}"}
    monkeypatch.setattr("keyaccount.client.send_over_http", send)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.chdir(tmp_path)
    for name in ("january.csv", "一月.csv"):
        (tmp_path / name).write_text(
            "客户编号,日期,金额\nK7101,2026-01-05,100\nK7101,三月,1\n", encoding="utf-8"
        )
    printed, answer, done = [], None, 0
    body, secret, now = b"{}", "whsec_x", 1767139200
    names = {
        "token": token,
        "print": lambda *told: printed.append(" ".join(map(str, told))),
        "body": body,
        "secret": secret,
        "headers": {"Keyaccount-Signature": signature(secret, body, now)},
        "time": type("Clock", (), {"time": staticmethod(lambda: now)}),
    }
    for kind, text in blocks(lang):
        if kind == "sh":
            command = text.partition("curl")[1] + text.partition("curl")[2]
            answer = curl(command, send, token, ids)
        elif kind == "json":
            for name, value in ids.items():
                text = text.replace(name, value)
            assert is_like(answer, json.loads(text)), (answer, text)
            done += 1
        elif kind == "python":
            if "import_file" in text:
                # Bringing the ledger needs another's right.
                from keyaccount.client import Client

                names["client"] = Client("http://127.0.0.1:8000", of_analyst)
            exec(text, names)  # noqa: S102 - our own page
            done += 1
        elif text.startswith("["):
            assert printed[-1] == text.strip()
    assert done == sum(kind in ("json", "python") for kind, _ in blocks(lang)) > 5
    assert names["total"] > 0
    assert "K7101" in names["key"]
    assert printed[-1].startswith("1 ['")
