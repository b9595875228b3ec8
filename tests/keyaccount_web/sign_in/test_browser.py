"""Passkeys and pages in a real browser, under the policy as it is served: scripts of our own files alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect, sync_playwright

from tests.keyaccount_web.sign_in.conftest import PASSWORD

CHROMIUM = "/usr/bin/chromium"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine"),
]
PASSKEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def chromium():
    """One browser for all; Django takes its loop for one of its own."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium, live_server, people) -> Iterator[Page]:  # noqa: ARG001
    """A page in Chinese; any error in its console, and any breach of the policy, fails the test."""
    context = chromium.new_context(locale="zh-CN", base_url=live_server.url)
    context.set_default_timeout(8000)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert problems == []


def device(page: Page, **told: object) -> str:
    """A device with passkeys, such as a phone or a laptop has."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    page.webauthn = session  # keeps it alive
    return session.send("WebAuthn.addVirtualAuthenticator", {"options": {**PASSKEY, **told}})[
        "authenticatorId"
    ]


def enter(page: Page, path: str = "/sign-in/login/") -> None:
    page.goto(path)
    page.get_by_label("用户名或邮箱").fill("ding")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="请再确认一次身份")).to_be_visible()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()


def add_passkey(page: Page, *, alone: bool) -> None:
    page.get_by_role("link", name="添加通行密钥").click()
    confirm(page)
    page.get_by_label("名称").fill("我的手机")
    if alone:
        page.get_by_label("以后不输入密码").check()
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url("/sign-in/login/")


class TestPasskey:
    def test_signs_in_alone(self, page, people):
        device(page)
        enter(page)
        expect(page.get_by_text("只有密码还不够安全")).to_be_visible()
        add_passkey(page, alone=True)
        page.get_by_role("link", name="进入系统").click()
        expect(page.get_by_role("heading", name="丁一，您好")).to_be_visible()
        sign_out(page)

        page.get_by_role("button", name="用通行密钥登录").click()

        expect(page.get_by_role("heading", name="丁一，您好")).to_be_visible()
        kept = Authenticator.objects.get(user=people.ding, type="webauthn")
        assert kept.last_used_at is not None

    def test_is_the_second_factor_after_a_password(self, page, people):
        device(page)
        enter(page)
        add_passkey(page, alone=False)
        sign_out(page)
        enter(page)
        expect(page.get_by_role("heading", name="两步验证")).to_be_visible()

        page.get_by_role("button", name="用通行密钥").click()

        expect(page.get_by_role("heading", name="丁一，您好")).to_be_visible()
        page.goto("/sign-in/2fa/webauthn/")
        expect(page.get_by_text("我的手机")).to_be_visible()

    def test_confirms_who_it_is(self, page, people):
        device(page)
        enter(page)
        add_passkey(page, alone=True)
        sign_out(page)
        page.get_by_role("button", name="用通行密钥登录").click()
        expect(page.get_by_role("heading", name="丁一，您好")).to_be_visible()
        page.goto("/sign-in/2fa/recovery-codes/generate/")
        page.get_by_role("link", name="用通行密钥").click()

        page.get_by_role("button", name="用通行密钥").click()

        expect(page.get_by_role("heading", name="恢复码")).to_be_visible()

    def test_of_nobody_here_says_so_on_the_page(self, page):
        device(page)
        page.goto("/sign-in/login/")
        page.get_by_role("button", name="用通行密钥登录").click()
        expect(page.get_by_role("alert").filter(has_text="通行密钥没有通过")).to_be_visible()

    def test_of_a_switched_off_user_opens_nothing(self, page, people):
        from keyaccount_web.access.services import switch_off

        device(page)
        enter(page)
        add_passkey(page, alone=True)
        sign_out(page)
        switch_off(people.ding)

        page.get_by_role("button", name="用通行密钥登录").click()

        expect(page.get_by_role("heading", name="账号已停用")).to_be_visible()
        page.goto("/")
        expect(page.get_by_role("heading", name="登录")).to_be_visible()


class TestOnAPhone:
    @pytest.mark.parametrize("width", [390, 1440])
    def test_no_page_scrolls_sideways_and_fingers_hit(self, page, people, width):
        page.set_viewport_size({"width": width, "height": 844})
        shots = os.environ.get("KEYACCOUNT_SHOTS")

        def look(name: str) -> None:
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            low = page.evaluate(
                """() => [...document.querySelectorAll("main button, main .btn, main input:not([type=hidden]):not([type=checkbox])")]
                .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 40).map((one) => one.outerHTML)"""
            )
            assert low == [], name
            if shots:
                page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)

        page.goto("/sign-in/login/")
        look("login")
        page.goto("/sign-in/password/reset/")
        look("reset")
        device(page)
        enter(page)
        look("factor")
        page.get_by_role("link", name="设置").click()
        look("again")
        confirm(page)
        expect(page.get_by_role("img", name="二维码")).to_be_visible()
        assert page.evaluate("document.querySelector('img.qr').naturalWidth") > 0
        look("app")
        page.goto("/sign-in/2fa/")
        page.get_by_role("link", name="添加通行密钥").click()
        look("key")
        page.get_by_role("button", name="添加").click()
        expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
        look("codes")
        page.goto("/sign-in/2fa/webauthn/")
        look("keys")
        page.goto("/sign-in/sessions/")
        look("sessions")
        page.goto("/sign-in/password/change/")
        look("password")


def test_a_password_may_be_seen_while_it_is_typed_and_is_told_how_good_it_is(page, settings, people):
    settings.REQUIRE_SECOND_FACTOR = False
    enter(page)
    page.goto("/sign-in/password/change/")
    new = page.locator("[name=password1]")
    expect(new).to_have_attribute("type", "password")
    for typed, said in (
        ("Sommer-1", "容易猜到"),
        ("aaaaaaaaaaaaaaaa", "容易猜到"),
        ("Neu-Haus-99-See", "不易猜到"),
    ):
        new.fill(typed)
        expect(page.locator(".strength [role=status]")).to_have_text(said)
    page.get_by_label("显示输入的内容").check()
    expect(new).to_have_attribute("type", "text")
    page.fill("[name=oldpassword]", PASSWORD)
    page.fill("[name=password2]", "Neu-Haus-99-See")
    # What goes out is a password again, so that the browser does not remember it among what was typed.
    page.evaluate(
        "document.querySelector('form.card').addEventListener('submit', () => { window.name = document.querySelector('[name=password1]').type })"
    )
    with page.expect_navigation():
        page.locator("form.card button.btn-primary").click()
    assert page.evaluate("window.name") == "password"
    people.ding.refresh_from_db()
    assert people.ding.check_password("Neu-Haus-99-See")
