"""A link comes in once, within a week, and leaves no trace."""

import logging

import pytest
from django.utils import timezone

from keyaccount_web.access.models import Invitation
from keyaccount_web.access.services import accept_invitation, invite, open_invitation, switch_off
from tests.keyaccount_web.sign_in.conftest import FACTOR, HOME, browser, enter, set_up_app, signed_in

pytestmark = pytest.mark.django_db
NEW = {"password": "Neu-Haus-99-See", "again": "Neu-Haus-99-See"}
WELCOME = "/people/welcome/"


@pytest.fixture
def token(people):
    people.ding.set_unusable_password()
    people.ding.save()
    return invite(people.ding, people.admin)


class TestLink:
    def test_comes_in_once(self, people, token):
        client = browser()
        page = client.get(f"{WELCOME}{token}/", follow=True)
        assert "丁一，欢迎" in page.content.decode()

        answer = client.post(WELCOME, NEW)

        assert answer.url == HOME
        assert signed_in(client) == people.ding
        assert client.get(HOME).url == FACTOR  # and sets a second factor up
        late = browser()
        assert late.get(f"{WELCOME}{token}/", follow=True).status_code == 410
        assert late.post(WELCOME, NEW).status_code == 410

    def test_is_not_used_up_by_looking(self, people, token):
        """Mail programs fetch links before their reader does."""
        for _ in range(3):
            assert browser().get(f"{WELCOME}{token}/", follow=True).status_code == 200

    def test_leaves_the_address_at_once(self, people, token):
        client = browser()
        answer = client.get(f"{WELCOME}{token}/")
        assert answer.url == WELCOME
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        page = client.get(WELCOME)
        assert token not in page.content.decode()
        assert "no-store" in page["Cache-Control"]

    def test_is_kept_as_a_digest(self, people, token):
        assert token not in str(Invitation.objects.values())
        assert len(Invitation.objects.get().token_hash) == 64

    def test_is_not_logged(self, people, token, caplog):
        caplog.set_level(logging.DEBUG, logger="django.request")
        client = browser()
        client.get(f"{WELCOME}{token}/", follow=True)
        client.post(WELCOME, NEW)
        browser().get(f"{WELCOME}{token}/", follow=True)  # 410
        browser(enforce_csrf_checks=True).post(f"{WELCOME}{token}/", NEW)
        browser(enforce_csrf_checks=True).post(WELCOME, NEW)
        assert NEW["password"] not in caplog.text
        used = [one for one in caplog.messages if token in one]
        assert all("Method Not Allowed" in one or "Forbidden" in one for one in used)

    def test_ends_after_a_week(self, people, token):
        Invitation.objects.update(expires_at=timezone.now())
        assert browser().get(f"{WELCOME}{token}/", follow=True).status_code == 410

    def test_ends_between_opening_and_setting_the_password(self, people, token):
        client = browser()
        client.get(f"{WELCOME}{token}/", follow=True)
        Invitation.objects.update(expires_at=timezone.now())
        assert client.post(WELCOME, NEW).status_code == 410
        people.ding.refresh_from_db()
        assert not people.ding.has_usable_password()

    def test_ends_with_a_newer_one(self, people, token):
        newer = invite(people.ding, people.admin)
        assert open_invitation(token) is None
        assert open_invitation(newer) is not None

    def test_ends_with_the_user(self, people, token):
        switch_off(people.ding)
        assert browser().get(f"{WELCOME}{token}/", follow=True).status_code == 410

    def test_lets_only_the_first_of_two_in(self, people, token):
        both = [open_invitation(token), open_invitation(token)]
        assert [accept_invitation(one, "Neu-Haus-99-See") for one in both] == [people.ding, None]

    def test_is_another_persons_only(self, people, token):
        """Signed in as wang, ding's link opened: the session becomes ding's alone."""
        client = browser()
        enter(client, "wang")
        before = client.session.session_key
        client.get(f"{WELCOME}{token}/")
        client.post(WELCOME, NEW)
        assert signed_in(client) == people.ding
        assert client.session.session_key != before

    def test_does_not_spare_the_second_factor_of_who_has_one(self, people):
        first = browser()
        enter(first)
        set_up_app(first)
        client = browser()
        client.get(f"{WELCOME}{invite(people.ding, people.admin)}/")
        assert client.post(WELCOME, NEW).url == f"{FACTOR}authenticate/"
        assert signed_in(client) is None

    @pytest.mark.parametrize(
        ("password", "again", "words"),
        [
            ("Neu-Haus-99-See", "Neu-Haus-99-Sea", "两次输入的密码不同"),
            ("short7", "short7", "密码"),
            ("12345678901", "12345678901", "数字"),
            ("password1234", "password1234", "常见"),
            ("", "", "密码"),
        ],
    )
    def test_asks_for_a_good_password(self, people, token, password, again, words):
        client = browser()
        client.get(f"{WELCOME}{token}/")
        page = client.post(WELCOME, {"password": password, "again": again})
        assert words in page.content.decode()
        assert signed_in(client) is None
        assert open_invitation(token) is not None

    def test_is_nothing_without_one(self, people):
        assert browser().get(WELCOME).status_code == 410
        assert browser().get(f"{WELCOME}no-such-token/", follow=True).status_code == 410


class TestAdministrator:
    def test_makes_a_new_one_shown_once(self, people, settings):
        settings.REQUIRE_SECOND_FACTOR = False
        admin = browser()
        admin.force_login(people.admin)
        page = admin.post(f"/people/{people.ding.pk}/sign-in/", {"do": "link"}).content.decode()
        link = page.split("http://testserver")[1].split("<")[0]
        assert browser().get(link, follow=True).status_code == 200
        assert link not in admin.get(f"/people/{people.ding.pk}/sign-in/").content.decode()

    def test_not_for_who_is_switched_off(self, people, settings):
        settings.REQUIRE_SECOND_FACTOR = False
        switch_off(people.ding)
        admin = browser()
        admin.force_login(people.admin)
        assert admin.post(f"/people/{people.ding.pk}/sign-in/", {"do": "link"}).status_code == 404
        assert not Invitation.objects.exists()
