"""What tests of the API share: a program with a token, in the name of one of the company's users."""

import json

import pytest
from django.test import Client

from keyaccount_web.access.models import User
from keyaccount_web.api.tokens import SCOPES, make_token


class Program:
    """Sends a token with every request; answers are Django's, with `.json()`."""

    def __init__(self, username, scopes=SCOPES, lang="zh", **told):
        self.token, self.text = make_token(
            User.objects.get(username=username), name=f"程序{username}", scopes=scopes, **told
        )
        self.client = Client(headers={"Accept-Language": lang}, raise_request_exception=False)

    def ask(self, method, path, body=None, *, files=None, **headers):
        told = {
            "headers": {
                "Authorization": f"Bearer {self.text}",
                **{n.replace("_", "-"): v for n, v in headers.items()},
            }
        }
        address = f"/api/v1{path}"
        if files is not None:
            return self.client.post(address, files, **told)
        if body is not None:
            told |= {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(address, **told)

    def get(self, path, **headers):
        return self.ask("get", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("post", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self.ask("patch", path, body, **headers)

    def delete(self, path, **headers):
        return self.ask("delete", path, **headers)


@pytest.fixture
def program(company):  # noqa: ARG001
    """`program("owner").get("/accounts")`."""
    return Program


@pytest.fixture
def send(company, django_capture_on_commit_callbacks):  # noqa: ARG001
    """What `keyaccount.client` sends, answered in this process; background work is done before the answer."""
    from keyaccount.client import Answer

    def in_process(method, address, headers, body):
        told = {name: value for name, value in headers.items() if name != "Content-Type"}
        kind = headers.get("Content-Type", "application/json")
        path = address.partition("//")[2].partition("/")[2]
        with django_capture_on_commit_callbacks(execute=True):
            answer = Client().generic(method, f"/{path}", body or b"", content_type=kind, headers=told)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return Answer(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content
        )

    return in_process
