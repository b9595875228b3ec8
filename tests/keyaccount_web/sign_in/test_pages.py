"""Every page of signing in is ours, and whole in both languages."""

import html
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test.signals import template_rendered

from keyaccount.language import catalogue
from keyaccount_web.access.services import invite
from tests.keyaccount_web.sign_in.conftest import (
    FACTOR,
    LOGIN,
    PASSWORD,
    Passkey,
    browser,
    enter,
    mails_sent,
    set_up_app,
)

pytestmark = pytest.mark.django_db
# What may stand in Latin letters on a Chinese page.
_NAMES = {
    "keyaccount",
    "k",
    "en",
    "ding",
    "wang",
    "ding@qiming.example",
    "example",
    "qiming",
    "testserver",
    "http",
    "https",
}
_WIDGETS = ("django/forms/", "mfa/recovery_codes/download.txt")


@pytest.fixture
def seen():
    """The templates that were rendered."""
    told: set[tuple[str, str]] = set()

    def note(template, **_: object) -> None:
        if template.name:
            told.add((template.name, str(template.origin)))

    template_rendered.connect(note)
    yield told
    template_rendered.disconnect(note)


def visit(people, lang: str, file) -> dict[str, str]:
    """Every page that can be reached, as a reader of `lang` sees it."""
    file(
        {
            "provider": "openid_connect",
            "id": "sso",
            "name": "公司账号" if lang == "zh" else "Staff login",
            "client_id": "c",
            "secret": "s",
            "server_url": "http://127.0.0.1:9",
        }
    )
    pages: dict[str, str] = {}

    def keep(name: str, answer, status: int = 200) -> None:
        assert answer.status_code == status, (name, answer.status_code, getattr(answer, "url", ""))
        pages[name] = answer.content.decode()

    out = browser(lang)
    keep("login", out.get(LOGIN))
    keep("wrong password", out.post(LOGIN, {"login": "dong", "password": "x"}))
    keep("empty", out.post(LOGIN, {}))
    keep("signup", out.get("/sign-in/signup/"))
    keep("inactive", out.get("/sign-in/inactive/"))
    keep("reset", out.get("/sign-in/password/reset/"))
    keep("reset with nonsense", out.post("/sign-in/password/reset/", {"email": "x"}))
    keep("reset done", out.get("/sign-in/password/reset/done/"))
    keep("reset by a bad link", out.get("/sign-in/password/reset/key/1-x/"))
    out.post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
    link = re.search(r"http://testserver(\S+)", mails_sent()[-1].body)[1]
    step = out.get(link)
    keep("reset by link", out.get(step.url))
    keep("reset with a poor one", out.post(step.url, {"password1": "1", "password2": "2"}))
    keep("reset is done", out.get("/sign-in/password/reset/key/done/"))
    keep("company", out.get("/sign-in/company/sso/"))
    keep("company down", out.post("/sign-in/company/sso/"), 401)
    keep("company cancelled", out.get("/sign-in/3rdparty/login/cancelled/"))
    keep("invitation", out.get(f"/people/welcome/{invite(people.ding, people.admin)}/", follow=True))
    keep("invitation gone", out.get("/people/welcome/x/", follow=True), 410)
    keep("stale", enter(browser(lang, enforce_csrf_checks=True)), 403)

    user = browser(lang)
    enter(user)
    keep("factor needed", user.get(FACTOR))
    keep("again", user.get("/sign-in/reauthenticate/"))
    keep("again, wrong", user.post("/sign-in/reauthenticate/", {"password": "x"}))
    set_up_app(user)
    keep("codes", user.get(f"{FACTOR}recovery-codes/"))
    keep("new codes", user.get(f"{FACTOR}recovery-codes/generate/"))
    keep("codes made", user.post(f"{FACTOR}recovery-codes/generate/", follow=True))
    Authenticator.objects.create(
        user=people.ding,
        type="webauthn",
        data={"name": "钥匙" if lang == "zh" else "key", "credential": Passkey().registration()},
    )
    keep("factors", user.get(FACTOR))
    keep("app removal", user.get(f"{FACTOR}totp/deactivate/"))
    keep("keys", user.get(f"{FACTOR}webauthn/"))
    keep("key", user.get(f"{FACTOR}webauthn/add/"))
    pk = Authenticator.objects.get(type="webauthn").pk
    keep("again by key", user.get(f"{FACTOR}webauthn/reauthenticate/"))
    keep("key renaming", user.get(f"{FACTOR}webauthn/keys/{pk}/edit/"))
    keep("key removal", user.get(f"{FACTOR}webauthn/keys/{pk}/remove/"))
    keep("key removed", user.post(f"{FACTOR}webauthn/keys/{pk}/remove/", follow=True))
    keep("again by code", user.get(f"{FACTOR}reauthenticate/"))
    keep("password", user.get("/sign-in/password/change/"))
    keep("password, wrong", user.post("/sign-in/password/change/", {"oldpassword": "x", "password1": "1"}))
    keep("no password", user.get("/sign-in/password/set/"))
    keep("sessions", user.get("/sign-in/sessions/"))
    keep("sessions ended", user.post("/sign-in/sessions/", follow=True))
    keep("out", user.get("/sign-in/logout/"))

    between = browser(lang)
    enter(between)
    keep("code", between.get(f"{FACTOR}authenticate/"))
    keep("wrong code", between.post(f"{FACTOR}authenticate/", {"code": "no"}))
    for _ in range(5):
        answer = between.post(f"{FACTOR}authenticate/", {"code": "no"})
    keep("locked", answer, 429)

    fresh = browser(lang)
    enter(fresh, "wang")
    fresh.post(f"/sign-in/reauthenticate/?next={FACTOR}totp/activate/", {"password": PASSWORD})
    keep("app", fresh.get(f"{FACTOR}totp/activate/"))
    keep("app, wrong code", fresh.post(f"{FACTOR}totp/activate/", {"code": "x"}))
    return pages


def words(page: str) -> str:
    """What a reader sees, and what is read to them."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    spoken = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', page)
    typed = re.sub(r"<(textarea|code)\b.*?</\1>", " ", page, flags=re.S)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", typed), *spoken]))


@pytest.fixture
def chinese(people, file, seen):  # noqa: ARG001
    return visit(people, "zh", file)


class TestPages:
    def test_are_all_ours(self, chinese, seen):
        foreign = {
            name
            for name, origin in seen
            if "site-packages" in origin and not name.startswith(_WIDGETS) and "allauth" in origin
        }
        assert foreign == set()

    def test_hold_no_latin_word_in_chinese(self, chinese):
        for name, page in chinese.items():
            latin = {one.lower() for one in re.findall(r"[A-Za-z][\w.@-]*", words(page))}
            assert latin <= _NAMES, name

    def test_are_in_full_width_punctuation(self, chinese):
        for name, page in chinese.items():
            assert not re.search(r"[\u4e00-\u9fff][,.;:?!()]|[,;?!(][\u4e00-\u9fff]", words(page)), name

    def test_hold_no_chinese_in_english(self, people, file):
        for name, page in visit(people, "en", file).items():
            told = words(page).replace("中文", "").replace("丁一", "").replace("王二", "")
            assert not re.findall(r"[\u4e00-\u9fff]+", told), name

    def test_run_no_script_of_their_own(self, chinese):
        """What stands between script tags is data, and nothing is an attribute."""
        for name, page in chinese.items():
            for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", page, flags=re.S):
                assert not inside.strip() or 'type="application/json"' in attributes, name
            assert not re.search(r"\son\w+=|javascript:", page), name

    def test_are_guarded_alike(self, people):
        answer = browser().get(LOGIN)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self';" in policy + ";"
        assert "unsafe-eval" not in policy
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert "no-store" in answer["Cache-Control"]

    def test_label_every_field(self, chinese):
        for name, page in chinese.items():
            shown = re.findall(
                r'<(?:input|textarea|select)\b(?![^>]*(?:type="hidden"|\shidden))[^>]*\bid="([^"]+)"', page
            )
            for field in shown:
                assert f'for="{field}"' in page, (name, field)


class TestMails:
    def test_are_in_the_readers_language(self, people, file, settings):
        people.ding.lang = "en"
        people.ding.save()
        visit(people, "zh", file)
        told = [one for one in mails_sent() if one.to == ["ding@qiming.example"]]
        assert len(told) >= 4
        for one in told:
            body = one.body.replace("丁一", "")
            assert not re.findall(r"[\u4e00-\u9fff]", one.subject + body)

    def test_are_whole_in_chinese(self, people, file):
        visit(people, "zh", file)
        for one in mails_sent():
            body = re.sub(r"https?://\S+|127\.0\.0\.1", "", one.body)
            assert set(re.findall(r"[A-Za-z]+", one.subject + body)) <= {"ding"}, one.body

    def test_that_cannot_be_sent_are_logged_without_their_links(self, people, monkeypatch, caplog):
        def refuse(*_: object) -> None:
            raise OSError("550 to ding: see http://testserver/sign-in/password/reset/key/secret")

        monkeypatch.setattr(mail.backends.locmem.EmailBackend, "send_messages", refuse)
        browser().post("/sign-in/password/reset/", {"email": "ding@qiming.example"})
        mails_sent()
        assert "could not be sent" in caplog.text
        assert "reset/key" not in caplog.text


class TestTexts:
    def test_are_all_used_and_all_there(self):
        """A code in a template without a text would be an error on the page, a text without a code dead weight."""
        import pathlib

        import keyaccount_web

        root = pathlib.Path(keyaccount_web.__file__).parent
        told = "\n".join(
            one.read_text(encoding="utf-8")
            for kind in ("*.html", "*.txt", "*.py")
            for one in root.rglob(kind)
        )
        codes = {one for one in catalogue() if one.startswith("sign_in.")}
        built = ("sign_in.label.", "sign_in.error.", "sign_in.by.")
        unused = {one for one in codes if f'"{one}"' not in told and not one.startswith(built)}
        asked = set(re.findall(r'"(sign_in\.[a-z_.0-9]+[a-z0-9])"', told))
        assert unused == set()
        assert asked - codes == set()
