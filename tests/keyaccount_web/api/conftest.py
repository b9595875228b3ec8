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
