"""Whoever has the machine lets the first user in, and somebody again when nobody else can."""

import re

import pytest
from django.utils import timezone

from keyaccount_web.access.commands import administrator_command
from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Right, Role
from keyaccount_web.access.scope import may
from keyaccount_web.access.services import (
    add_administrator,
    add_unit,
    add_user,
    count_open_invitations,
    open_invitation,
    switch_off,
)

pytestmark = pytest.mark.django_db


def run(*words, lang="zh"):
    return administrator_command(lang).main(list(words), standalone_mode=False)


class TestFirst:
    def test_is_administrator_and_director_of_the_headquarters(self):
        told = add_administrator("wangfang", "王芳", company="启明实业")
        assert told.roles == [Role.ADMINISTRATOR, Role.DIRECTOR]
        assert OrgUnit.objects.get().name == "启明实业"
        assert may(told.user, Right.MANAGE_USERS)
        assert may(told.user, Right.IMPORT)
        assert open_invitation(told.token).user == told.user
        assert not told.user.has_usable_password()

    def test_is_named_by_a_command(self, monkeypatch, capsys):
        monkeypatch.setattr("keyaccount_web.access.commands.prepare_records", lambda _lang: None)
        assert run("王芳", "--port", "8120", "--company", "启明") == 0
        said = capsys.readouterr().out
        link = re.search(r"http://127\.0\.0\.1:8120/people/welcome/(\S+)/", said)
        assert "wangfang" in said
        assert "系统管理员、销售总监" in said
        assert open_invitation(link[1]).user.name == "王芳"

    def test_comes_in_where_the_app_is_known_to_be(self, monkeypatch, capsys):
        monkeypatch.setattr("keyaccount_web.access.commands.prepare_records", lambda _lang: None)
        monkeypatch.setenv("KEYACCOUNT_URL", "https://crm.example/")
        assert run("Ann O'Neil", lang="en") == 0
        assert "https://crm.example/people/welcome/" in capsys.readouterr().out
        assert User.objects.get().username == "annoneil"


class TestLater:
    def test_is_administrator_only(self):
        add_administrator("wangfang", "王芳", company="启明")
        told = add_administrator("liming", "李明", company="—")
        assert told.roles == [Role.ADMINISTRATOR]
        assert told.user.posts.get().unit == OrgUnit.objects.get()

    def test_who_is_there_already_is_let_in_again(self):
        manager = add_user(
            "ding", "丁一", role=Role.MANAGER, unit=add_unit("HQ", "启明", "headquarters", None)
        )
        switch_off(manager)
        told = add_administrator("DING", "另一个名字", company="—")
        assert not told.is_new
        assert told.user == manager
        assert told.user.is_active
        assert told.user.name == "丁一"
        assert told.roles == [Role.ADMINISTRATOR, Role.MANAGER]
        assert may(told.user, Right.MANAGE_USERS)

    def test_a_new_link_makes_earlier_ones_void(self):
        first = add_administrator("wangfang", "王芳", company="启明")
        second = add_administrator("wangfang", "王芳", company="启明")
        assert open_invitation(first.token) is None
        assert open_invitation(second.token).user == first.user
        assert count_open_invitations() == 1  # and home does not count the void one
        assert User.objects.count() == 1
        assert first.user.posts.filter(since=timezone.localdate()).count() == 2
