"""Does any endpoint break, whatever its schema lets a program send? schemathesis asks, in this process, through WSGI.

A few examples of each here, always the same; others, and as many as you like, with KEYACCOUNT_FUZZ=200 in the environment.
"""

import json
import logging
import os
import re

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig

from keyaccount_web.api.main import api
from keyaccount_web.api.schema import SchemaOfApi
from keyaccount_web.api.tokens import SCOPES, make_token
from keyaccount_web.config.wsgi import application
from keyaccount_web.runs.models import Run
from tests.keyaccount_web.api.test_scope import everything  # noqa: F401 - a fixture

EXAMPLES = int(os.environ.get("KEYACCOUNT_FUZZ", "4"))


@pytest.fixture
def quiet():
    """No word of what is refused, and the test's connection left open between requests, as Django's own client leaves it."""
    logging.disable(logging.ERROR)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
def test_no_endpoint_breaks_whatever_it_is_sent(everything, settings):  # noqa: F811
    settings.API_PER_MINUTE = 10**6
    asked, broken, statuses = fuzz(everything, EXAMPLES)
    assert broken == []
    assert asked >= 64 * EXAMPLES / 2
    # Good requests and bad ones were both among them.
    assert statuses[2] > asked / 10
    assert statuses[4] > asked / 10


def fuzz(company, examples):
    """How often was asked, what broke, and how many answers of each hundred there were. Nothing stays written."""
    _, text = make_token(company.users["director"], name="探", scopes=SCOPES)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, config=SchemathesisConfig())
    headers = {"Authorization": f"Bearer {text}"}
    broken, statuses = [], dict.fromkeys(range(1, 6), 0)
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize="KEYACCOUNT_FUZZ" not in os.environ,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case):
            # Ids that are there now and then, or nothing behind them would be reached.
            for name, value in company.ids.items():
                if name in (case.path_parameters or {}) and len(str(case.path_parameters[name])) % 2:
                    case.path_parameters[name] = value
            with transaction.atomic():
                answer = case.call(headers=headers)
                transaction.set_rollback(True)
            statuses[answer.status_code // 100] += 1
            if answer.status_code >= 500:
                broken.append((answer.status_code, case.as_curl_command()[:600]))

        ask()
    return sum(statuses.values()), broken, statuses


def test_each_name_of_the_schema_means_one_thing(monkeypatch):
    """Ninja keeps the last of several; a client made from that refuses good answers."""
    told, kept = {}, SchemaOfApi.add_schema_definitions

    def add(self, definitions):
        before = dict(self.schemas)
        kept(self, definitions)
        for name, one in self.schemas.items():
            if before.get(name) != one:
                told.setdefault(name, []).append(one)

    monkeypatch.setattr(SchemaOfApi, "add_schema_definitions", add)
    schema = api.get_openapi_schema()
    assert {name: len(ones) for name, ones in told.items() if len(ones) > 1} == {}
    assert len(told) > 100
    # Nothing is referred to that is not there, and enumerations stand where they are used.
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema, default=str)))
    assert referred <= set(schema["components"]["schemas"])
    states = schema["components"]["schemas"]["RunOut"]["properties"]["state"]["enum"]
    assert states == list(Run.State)
