"""Password, lockout, reset, sessions: who guesses learns nothing, and who is out stays out."""

import logging
import re
import statistics
import time

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.services import switch_off, switch_on
from keyaccount_web.access.templatetags.sign_in import device
from tests.keyaccount_web.sign_in.conftest import (
    FACTOR,
    HOME,
    LOGIN,
    PASSWORD,
    browser,
    code,
    enter,
    mails_sent,
    set_up_app,
    signed_in,
)

pytestmark = pytest.mark.django_db
WRONG = "Falsch-7-Kranich"


@pytest.fixture
def plain(settings):
    """Without a second factor, where it is not what a test is about."""
    settings.REQUIRE_SECOND_FACTOR = False


class TestSigningIn:
    @pytest.mark.parametrize(
        "login", ["ding", "Ding", " ding ", "ding@qiming.example", "DING@qiming.example"]
    )
    def test_by_user_name_or_address_whatever_the_case(self, people, login):
        client = browser()
        enter(client, login)
        assert signed_in(client) == people.ding

    def test_not_by_an_address_of_two(self, people):
        User.objects.filter(pk=people.wang.pk).update(email="ding@qiming.example")
        client = browser()
        enter(client, "ding@qiming.example")
        assert signed_in(client) is None

    def test_goes_where_one_wanted_to(self, people, plain):
        assert enter(browser(), next="/people/me/").url == "/people/me/"

    @pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_never_to_another_site(self, people, plain, away):
        assert enter(browser(), next=away).url == HOME

    def test_takes_a_new_session(self, people):
        client = browser()
        client.get(LOGIN)
        before = client.session.session_key
        enter(client)
        assert client.session.session_key != before

    def test_ends_with_the_browser(self, people):
        client = browser()
        enter(client)
        assert client.cookies["sessionid"]["max-age"] == ""
        assert client.cookies["sessionid"]["httponly"]
        assert client.cookies["sessionid"]["samesite"] == "Lax"

    def test_asks_for_a_token_against_forgery(self, people):
        client = browser(enforce_csrf_checks=True)
        answer = enter(client)
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()

    def test_signing_up_is_closed(self, people):
        told = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD}
        answer = browser().post("/sign-in/signup/", told)
        assert "不能自行注册" in answer.content.decode()
        assert not User.objects.filter(username="mallory").exists()


class TestLockout:
    def test_comes_at_the_fifth_failure(self, people):
        client = browser()
        answers = [enter(client, password=WRONG) for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 200, 429]
        assert "十五分钟" in answers[-1].content.decode()

    def test_speaks_the_readers_language(self, people):
        client = browser("en")
        for _ in range(5):
            answer = enter(client, password=WRONG)
        assert "fifteen minutes" in answer.content.decode()

    def test_refuses_the_right_password_too(self, people):
        client = browser()
        for _ in range(5):
            enter(client, password=WRONG)
        assert enter(client).status_code == 429
        assert signed_in(client) is None

    def test_is_not_got_round_by_case_or_address(self, people):
        client = browser()
        for login in ("ding", "DING", "Ding", "ding@qiming.example"):
            enter(client, login, WRONG)
        assert enter(client, "DING@QIMING.EXAMPLE", WRONG).status_code == 429
        assert AccessAttempt.objects.values_list("username", flat=True).distinct().get() == "ding"

    def test_is_not_got_round_by_an_invented_address(self, people):
        """X-Forwarded-For counts only where the installation says that a proxy stands before it."""
        for n in range(5):
            answer = browser().post(
                LOGIN, {"login": "ding", "password": WRONG}, headers={"X-Forwarded-For": f"10.0.0.{n}"}
            )
        assert answer.status_code == 429

    def test_counts_the_address_that_our_proxy_saw(self, people, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        for n in range(5):
            answer = browser().post(
                LOGIN,
                {"login": "ding", "password": WRONG},
                headers={"X-Forwarded-For": f"6.6.6.{n}, 10.0.0.7"},
            )
        assert answer.status_code == 429
        elsewhere = browser()
        elsewhere.post(
            LOGIN, {"login": "ding", "password": PASSWORD}, headers={"X-Forwarded-For": "10.0.0.8"}
        )
        assert signed_in(elsewhere) == people.ding

    def test_leaves_others_alone(self, people):
        for _ in range(5):
            enter(browser(), password=WRONG)
        other, elsewhere = browser(), browser(REMOTE_ADDR="10.0.0.9")
        enter(other, "wang")
        enter(elsewhere)
        assert (signed_in(other), signed_in(elsewhere)) == (people.wang, people.ding)

    def test_ends_after_fifteen_minutes_however_often_one_tries_meanwhile(self, people):
        client = browser()
        for _ in range(5):
            enter(client, password=WRONG)
        AccessAttempt.objects.update(attempt_time=timezone.now() - timezone.timedelta(minutes=14))
        assert enter(client, password=WRONG).status_code == 429
        AccessAttempt.objects.update(attempt_time=timezone.now() - timezone.timedelta(minutes=15, seconds=1))
        enter(client)
        assert signed_in(client) == people.ding

    def test_a_success_begins_anew(self, people):
        for _ in range(2):
            client = browser()
            for _ in range(4):
                enter(client, password=WRONG)
            enter(client)
            assert signed_in(client) == people.ding

    def test_counts_wrong_codes_too(self, people):
        """Who has the password must not try a million codes."""
        first = browser()
        enter(first)
        secret = set_up_app(first)
        client = browser()
        enter(client)
        answers = [
            client.post(f"{FACTOR}authenticate/", {"code": f"{n:06}"}).status_code
            for n in range(5)
            if f"{n:06}" != code(secret)
        ]
        assert answers[-1] == 429
        assert client.post(f"{FACTOR}authenticate/", {"code": code(secret)}).status_code == 429
        assert enter(browser()).status_code == 429

    def test_keeps_no_password_typed_in_the_wrong_place(self, people, caplog):
        caplog.set_level(logging.DEBUG)
        browser().post(f"{LOGIN}?next=/", {"login": "Geheim-7-Kranich", "password": WRONG})
        kept = str(AccessAttempt.objects.values())
        for secret in ("Geheim-7-Kranich", "geheim-7-kranich", WRONG):
            assert secret not in kept
            assert secret not in caplog.text

    def test_stops_many_names_from_one_address(self, people):
        """One password tried on everybody."""
        answers = [enter(browser(), f"user{n}", WRONG).content.decode() for n in range(31)]
        assert "密码不正确" in answers[0]
        assert "十五分钟" in answers[-1]


class TestNobodyLearnsWhoExists:
    def test_by_the_answer(self, people):
        known, unknown = (
            re.sub(r'value="[^"]*"|nonce-\S+', "", enter(browser(), one, WRONG).content.decode())
            for one in ("ding", "dong")
        )
        assert known == unknown

    @pytest.mark.parametrize("known", ["ding", "ding@qiming.example", "off", "nopassword"])
    def test_by_the_time(self, people, settings, known):
        """Real hashes: one for whoever it is."""
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
        for name in ("off", "nopassword"):
            user = User.objects.create_user(name, password=PASSWORD, name=name)
            if name == "nopassword":
                user.set_unusable_password()
                user.save()
        people.ding.set_password(PASSWORD)
        people.ding.save()
        switch_off(User.objects.get(username="off"))
        times: dict[str, list[float]] = {known: [], f"no{known}": []}
        for n in range(3):
            for login, taken in times.items():
                started = time.process_time()
                enter(browser(REMOTE_ADDR=f"10.0.{n}.1"), login, WRONG)
                taken.append(time.process_time() - started)
        there, absent = (statistics.median(taken) for taken in times.values())
        assert 0.75 < there / absent < 1.33

    def test_by_the_answer_to_a_reset(self, people):
        answers = [
            browser().post("/sign-in/password/reset/", {"email": one})
            for one in ("ding@qiming.example", "dong@qiming.example")
        ]
        assert [(one.status_code, one.url) for one in answers] == [(302, "/sign-in/password/reset/done/")] * 2

    def test_by_the_time_of_a_reset(self, people, monkeypatch):
        """The mail server's time is nobody's to see."""
        monkeypatch.setattr(EmailBackend, "send_messages", lambda *_: time.sleep(1))
        started = time.monotonic()
        browser().post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
        assert time.monotonic() - started < 0.5
        mails_sent()

    def test_no_stranger_gets_a_mail(self, people):
        browser().post("/sign-in/password/reset/", {"email": "stranger@elsewhere.example"})
        assert mails_sent() == []


class TestReset:
    def test_by_a_link_in_the_readers_language(self, people, plain):
        browser("en").post("/sign-in/password/reset/", {"email": "Ding@qiming.example"})
        (mail,) = mails_sent()
        assert mail.to == ["ding@qiming.example"]
        assert "丁一，您好。" in mail.body
        link = re.search(r"http://testserver(\S+)", mail.body)[1]
        client = browser()

        page = client.get(link)
        assert "set-password" in page.url  # the token is out of the address
        client.post(page.url, {"password1": "Neu-Haus-99-See", "password2": "Neu-Haus-99-See"})

        assert signed_in(client) is None
        enter(client, password="Neu-Haus-99-See")  # noqa: S106
        assert signed_in(client) == people.ding
        assert "用过或过期" in browser().get(link, follow=True).content.decode()

    def test_does_not_spare_the_second_factor(self, people):
        first = browser()
        enter(first)
        set_up_app(first)
        mails_sent().clear()
        browser().post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
        link = re.search(r"http://testserver(\S+)", mails_sent()[0].body)[1]
        client = browser()
        page = client.get(link)
        client.post(page.url, {"password1": "Neu-Haus-99-See", "password2": "Neu-Haus-99-See"})

        assert enter(client, password="Neu-Haus-99-See").url == f"{FACTOR}authenticate/"  # noqa: S106

    def test_ends_all_sessions(self, people, plain):
        client = browser()
        enter(client)
        people.ding.set_password("Neu-Haus-99-See")
        people.ding.save()
        assert client.get(HOME).status_code == 302

    @pytest.mark.parametrize("who", ["off", "company"])
    def test_is_not_for_the_switched_off_nor_for_who_has_no_password(self, people, who):
        if who == "off":
            switch_off(people.ding)
        else:
            people.ding.set_unusable_password()
            people.ding.save()
        browser().post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
        assert mails_sent() == []

    def test_says_what_to_do_where_no_mail_is_sent(self, people, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
        assert "没有设置邮件服务" in browser().get("/sign-in/password/reset/").content.decode()

    def test_goes_by_https_where_the_app_does(self, people, settings):
        settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
        browser().post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
        assert "https://testserver/" in mails_sent()[0].body


class TestChange:
    def test_asks_for_the_password_now_and_a_good_new_one(self, people, plain):
        client = browser()
        enter(client)
        told = {"oldpassword": WRONG, "password1": "123456789012", "password2": "123456789012"}
        text = client.post("/sign-in/password/change/", told).content.decode()
        assert "现在的密码不正确" in text
        assert "只包含数字" in text

    def test_ends_other_sessions_and_keeps_this(self, people, plain):
        client, other = browser(), browser()
        enter(client)
        enter(other)
        told = {"oldpassword": PASSWORD, "password1": "Neu-Haus-99-See", "password2": "Neu-Haus-99-See"}
        client.post("/sign-in/password/change/", told)
        assert client.get(HOME).status_code == 200
        assert other.get(HOME).status_code == 302
        assert "密码已修改" in mails_sent()[0].body

    def test_cannot_give_a_password_to_who_has_none(self, people, plain):
        client = browser()
        enter(client)
        people.ding.set_unusable_password()
        people.ding.save()
        client.force_login(people.ding)
        client.post(
            "/sign-in/password/set/", {"password1": "Neu-Haus-99-See", "password2": "Neu-Haus-99-See"}
        )
        people.ding.refresh_from_db()
        assert not people.ding.has_usable_password()


class TestWhatIsGuessedFirst:
    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("Password2025!", "password_too_common"),
            ("P@ssw0rd2026!!", "password_too_common"),
            ("passwordpassword", "password_too_common"),
            ("qwertyuiop123", "password_too_common"),
            ("!!1234567890", "password_too_common"),
            ("keyaccount2026", "password_of_the_company"),
            ("启明启明启明启明2026", "password_of_the_company"),
            ("acme-2026-ACME", "password_of_the_company"),
        ],
    )
    def test_is_refused_in_its_disguises(self, db, settings, password, code):
        settings.ALLOWED_HOSTS = ["crm.acmecorp.example", "acme"]
        OrgUnit.objects.create(code="1", name="启明实业 ACME", path="1/")
        with pytest.raises(ValidationError) as told:
            validate_password(password)
        assert code in [one.code for one in told.value.error_list]

    @pytest.mark.parametrize(
        "password",
        ["correct horse battery staple", "Neu-Haus-99-See", "雨落青山燕子归来时正好呢", "Tr0ub4dor&3-klee"],
    )
    def test_leaves_good_ones_alone(self, db, password):
        OrgUnit.objects.create(code="1", name="启明实业", path="1/")
        validate_password(password)


class TestSessions:
    def test_are_listed_and_ended(self, people, plain):
        client, other = browser(), browser()
        enter(client)
        other.post(LOGIN, {"login": "ding", "password": PASSWORD}, headers={"User-Agent": "Pad"})
        text = client.get("/sign-in/sessions/").content.decode()
        assert "Pad" in text
        assert "当前设备" in text

        client.post("/sign-in/sessions/")

        assert client.get(HOME).status_code == 200
        assert other.get(HOME).status_code == 302

    @pytest.mark.parametrize(
        ("agent", "shown"),
        [
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140", "Edge · Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604",
                "Safari · iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile Safari MicroMessenger/7 wxwork/4.1",
                "企业微信 · Android",
            ),
            ("curl/8.0", "curl/8.0"),
        ],
    )
    def test_name_browsers_as_people_do(self, agent, shown):
        assert device(agent) == shown

    def test_of_others_are_not_touched(self, people, plain):
        client, other = browser(), browser()
        enter(client)
        enter(other, "wang")
        client.post("/sign-in/sessions/")
        assert other.get(HOME).status_code == 200


class TestRest:
    def test_ends_the_session_where_the_company_says_so(self, people, plain, settings, monkeypatch):
        settings.REST_MINUTES = 30
        at = [1_000_000.0]
        monkeypatch.setattr("keyaccount_web.access.middleware.time.time", lambda: at[0])
        client = browser()
        enter(client)
        for minutes in (0, 29, 29):  # each look begins the half hour anew
            at[0] += minutes * 60
            assert client.get(HOME).status_code == 200
        for _ in range(2):  # what the page asks for by itself does not
            at[0] += 16 * 60
            answer = client.get("/runs/1/progress/")
        assert answer.status_code == 302
        assert client.get(HOME).status_code == 302

    def test_without_a_limit_writes_nothing(self, people, plain):
        client = browser()
        enter(client)
        assert "seen" not in client.session
        assert client.get(HOME).headers["Cache-Control"] == "private, no-store"


class TestSwitchedOff:
    def test_does_not_come_in(self, people, plain):
        switch_off(people.ding)
        client = browser()
        answer = client.post(LOGIN, {"login": "ding", "password": PASSWORD}, follow=True)
        assert "停用" in answer.content.decode()
        assert signed_in(client) is None

    def test_is_out_at_once(self, people, plain):
        client = browser()
        enter(client)
        switch_off(people.ding)
        assert client.get(HOME).status_code == 302
        switch_on(people.ding)
        assert client.get(HOME).status_code == 302  # the old session does not come back

    def test_is_out_between_password_and_code(self, people):
        first = browser()
        enter(first)
        secret = set_up_app(first)
        client = browser()
        enter(client)
        switch_off(people.ding)
        client.post(f"{FACTOR}authenticate/", {"code": code(secret)})
        assert client.get("/people/me/").status_code == 302


class TestClosedPages:
    @pytest.mark.parametrize(
        "path",
        [
            "email/",
            "3rdparty/",
            "confirm-email/",
            "confirm-email/x/",
            "social/connections/",
            "3rdparty/signup/",
        ],
    )
    def test_are_not_there(self, people, plain, path):
        """A user who could change their address could take over whom the company's service names by it."""
        client = browser()
        enter(client)
        assert client.get(f"/sign-in/{path}").status_code == 404
        assert (
            client.post(f"/sign-in/{path}", {"email": "boss@qiming.example", "action_add": "1"}).status_code
            == 404
        )
