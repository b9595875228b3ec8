"""The list of colleagues: who sees whom, found by what, with how many queries."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keyaccount_web.access.models import User
from keyaccount_web.access.scope import visible_colleagues


def names(answer):
    return set(re.findall(r'<a href="/people/\d+/">([^<]+)</a>', answer.content.decode()))


class TestList:
    @pytest.mark.parametrize("username", ["admin", "head", "director"])
    def test_has_the_colleagues_that_one_may_see(self, company, as_user, username):
        shown = names(as_user(username).get("/people/"))
        assert shown == {one.name for one in visible_colleagues(company.users[username])}
        assert shown

    @pytest.mark.parametrize("username", ["owner", "stranger", "nobody"])
    @pytest.mark.parametrize(
        "address", ["/people/", "/people/export/", "/people/?format=json", "/people/?part=count"]
    )
    def test_is_closed_to_others(self, company, as_user, username, address):
        assert as_user(username).get(address).status_code == 403

    def test_is_cut_by_text_unit_role_and_state(self, company, as_user):
        admin = as_user("admin")
        owner, unit = company.users["owner"], company.units["NJ"]
        assert owner.name in names(admin.get("/people/", {"q": owner.name}))
        in_unit = set(User.objects.filter(posts__unit=unit).values_list("name", flat=True))
        assert names(admin.get("/people/", {"unit": unit.pk})) == in_unit
        assert names(admin.get("/people/", {"unit": "x"})) == set()
        executives = set(User.objects.filter(posts__role="director").values_list("name", flat=True))
        assert names(admin.get("/people/", {"role": "director"})) == executives
        User.objects.filter(pk=owner.pk).update(is_active=False)
        assert names(admin.get("/people/", {"whose": "off"})) >= {owner.name}
        assert owner.name not in names(admin.get("/people/", {"whose": "active"}))

    def test_takes_few_queries_for_all(self, company, as_user):
        admin = as_user("admin")
        admin.get("/people/")
        with CaptureQueriesContext(connection) as told:
            admin.get("/people/")
        assert len(told) <= 20

    def test_goes_out_with_posts(self, company, as_user):
        answer = as_user("admin").get("/people/export/", {"format": "csv"})
        text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
        assert company.users["owner"].username in text
        assert "客户经理 · " in text
