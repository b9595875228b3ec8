"""Does a manager get through a morning's work, in Chinese, on a desk and on a phone, and by keyboard alone?"""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from keyaccount_web.cover.models import Touch
from keyaccount_web.know.models import Account
from keyaccount_web.work.models import Comment
from tests.keyaccount_web.company import PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def chromium():
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def window(chromium, company, live_server):
    """A window of some width; what the browser complains of is collected."""
    owner = company.users["owner"]
    owner.set_password(PASSWORD)
    owner.save()
    opened = []

    def of(width, height=900):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            base_url=live_server.url,
            has_touch=width < 800,
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.complaints = []
        page.on("console", lambda told: told.type == "error" and page.complaints.append(told.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("response", lambda answer: answer.status >= 500 and page.complaints.append(answer.url))
        opened.append(context)
        return page

    yield of
    for context in opened:
        context.close()


SMALL = """() => [...document.querySelectorAll("header.bar a, header.bar button, .btn, nav.views a, nav.pages a, .actions a, .actions button")]
    .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([_, box]) => box.width > 0 && box.height < 39.5)
    .map(([html, box]) => `${Math.round(box.height)}px ${html}`)"""


def check(page):
    """Nothing sticks out at the side, everything can be hit, the browser has nothing to complain of."""
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"{page.url}: {wide[0]} px in {wide[1]}"
    assert page.evaluate(SMALL) == [], page.url
    assert page.complaints == [], page.url


class TestMorning:
    @pytest.mark.parametrize("width", [1440, 390])
    def test_goes_from_sign_in_to_a_changed_account(self, window, company, width):
        page = window(width)
        page.goto("/")
        check(page)
        page.fill("[name=login]", "owner")
        page.fill("[name=password]", PASSWORD)
        page.click("form.form button.btn-primary")
        page.wait_for_selector("text=钟离春，您好")
        check(page)
        page.click("nav.chapters a[href='/accounts/']")
        page.wait_for_selector("#rows table")
        check(page)
        assert page.locator("#rows tbody tr").count() == 4
        page.fill("form.filters [name=q]", "云帆")
        expect(page.locator("#rows tbody tr")).to_have_count(1)
        assert "q=" in page.url
        check(page)
        page.click("#rows td.who a")
        page.wait_for_selector("[data-chart] svg")
        check(page)
        page.click("a.figure >> nth=0")
        page.wait_for_selector("table.lines")
        check(page)
        page.go_back()
        page.click(".actions a[href$='/edit/']")
        page.fill("[name=remark]", "在手机上写的" if width < 800 else "在桌前写的")
        check(page)
        page.click("form.card button.btn-primary")
        page.wait_for_selector(".notice-success")
        check(page)
        company.accounts["K7101"].refresh_from_db()
        assert company.accounts["K7101"].remark.endswith("写的")


class TestTrying:
    @pytest.mark.parametrize("width", [1440, 390])
    def test_shows_at_once_who_would_leave_by_another_share(self, window, company, width):
        analyst = company.users["analyst"]
        analyst.set_password(PASSWORD)
        analyst.save()
        page = window(width)
        page.goto("/find/try/")
        page.fill("[name=login]", "analyst")
        page.fill("[name=password]", PASSWORD)
        page.click("form.form button.btn-primary")
        page.wait_for_selector("#answer [data-chart] svg")
        check(page)
        page.fill("#share", "50")
        page.press("#share", "Tab")
        expect(page.locator("#effect .change-down")).to_contain_text("家退出")
        assert "share=50" in page.url
        check(page)
        gone = page.locator("#rows a >> text=退出")
        if not gone.is_visible():
            page.click("#rows summary")
        gone.click()
        expect(page.locator("#rows [aria-current]")).to_contain_text("退出")
        expect(page.locator("td.reason").first).to_contain_text("入围只到第")
        check(page)


def signed_in(window, company, username, width=1440):
    user = company.users[username]
    user.set_password(PASSWORD)
    user.save()
    page = window(width)
    page.goto("/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("form.form button.btn-primary")
    page.wait_for_selector("nav.chapters")
    return page


class TestTogether:
    def test_the_second_of_two_is_told_and_neither_loses_anything(self, window, company):
        account = company.accounts["K7101"]
        first, second = (signed_in(window, company, name) for name in ("owner", "head"))
        for page in (first, second):
            page.goto(f"/accounts/{account.pk}/edit/")
        first.fill("[name=region]", "甲区")
        first.fill("[name=remark]", "甲写的话")
        first.click("form.card button.btn-primary")
        first.wait_for_selector(".notice-success")
        second.fill("[name=channel]", "乙渠道")
        second.fill("[name=remark]", "乙写的话")
        second.click("form.card button.btn-primary")
        second.wait_for_selector(".notice-error >> text=甲写的话")
        assert second.input_value("[name=remark]") == "乙写的话"
        assert second.input_value("[name=region]") == "甲区"
        second.click("form.card button.btn-primary")
        second.wait_for_selector(".notice-success")
        account.refresh_from_db()
        assert (account.region, account.channel, account.remark) == ("甲区", "乙渠道", "乙写的话")

    def test_a_colleague_is_mentioned_by_picking(self, window, company):
        account = company.accounts["K7101"]
        page = signed_in(window, company, "owner", 390)
        page.goto(f"/accounts/{account.pk}/activity/")
        page.locator("#comment-text").press_sequentially("请看 @")
        picked = page.locator("[data-mention]").first
        name = picked.get_attribute("data-mention")
        picked.click()
        assert page.input_value("#comment-text") == f"请看 @{name} "
        page.click("form.form:has(#comment-text) button.btn-primary")
        page.wait_for_selector("#timeline >> text=请看")
        check(page)
        assert Comment.objects.get(text__startswith="请看").mentions.exists()

    def test_many_are_changed_and_changed_back(self, window, company):
        page = signed_in(window, company, "head")
        before = dict(Account.objects.values_list("code", "region"))
        page.goto("/accounts/?q=K710")
        page.locator("#rows tbody [name=ids]").nth(0).check()
        page.locator("#rows tbody [name=ids]").nth(1).check()
        page.click("#selection button[hx-get='/accounts/bulk/']")
        page.fill("#dialog-body [name=region]", "新区")
        page.click("#dialog-body button.btn-primary")
        page.wait_for_url("**/accounts/bulk/*/")
        assert Account.objects.filter(region="新区").count() == 2
        check(page)
        page.click("form[action$='/undo/'] button")
        page.wait_for_selector(".notice-success")
        assert dict(Account.objects.values_list("code", "region")) == before


class TestKeyboard:
    def test_alone_leads_from_sign_in_to_an_accounts_lines(self, window):
        page = window(1440)

        def tab_to(what, most=60):
            for _ in range(most):
                page.keyboard.press("Tab")
                if page.evaluate("what => document.activeElement.matches(what)", what):
                    shown = page.evaluate(
                        "() => { const s = getComputedStyle(document.activeElement);"
                        " return s.outlineStyle != 'none' || s.boxShadow != 'none' || s.borderColor != '' }"
                    )
                    assert shown, f"{what} does not show that it has the focus"
                    return
            pytest.fail(f"no {what} within {most} tabs of {page.url}")

        page.goto("/")
        page.wait_for_selector("[name=login]:focus")
        page.keyboard.type("owner")
        tab_to("[name=password]")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("text=钟离春，您好")
        tab_to("nav.chapters a[href='/accounts/']")
        page.keyboard.press("Enter")
        page.wait_for_selector("#rows table")
        tab_to("#rows td.who a")
        page.keyboard.press("Enter")
        page.wait_for_selector("a.figure")
        tab_to("a.figure[href*='/lines/']")
        page.keyboard.press("Enter")
        page.wait_for_selector("table.lines")
        assert page.complaints == []

    def test_skips_the_navigation(self, window):
        page = window(1440)
        page.goto("/nothing/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('a.skip')")
        page.keyboard.press("Enter")
        assert page.url.endswith("#content")


class TestRows:
    def test_hold_on_any_width_and_give_the_rest_by_keyboard(self, window, company):
        page = signed_in(window, company, "director")
        page.goto("/find/try/")
        chapters = page.locator("nav.chapters")
        names = chapters.locator("a").all_inner_texts()
        for width in (1440, 1100, 820, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(
                "[...document.querySelectorAll('nav.chapters, nav.views')]"
                ".every(row => row.scrollWidth <= row.clientWidth)"
            )
            for row in page.locator("nav.chapters, nav.views").all():
                expect(row.locator("> a[aria-current]")).to_have_count(1)
            assert sorted(chapters.locator("a").all_text_contents()) == sorted(names)
            check(page)
        more = chapters.locator("summary")
        more.focus()
        page.keyboard.press("Enter")
        expect(chapters.locator(".menu-box")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        expect(chapters.locator(".menu-box")).to_be_hidden()
        expect(more).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        target = chapters.locator(".menu-box a").first
        expect(target).to_be_focused()
        to = target.get_attribute("href")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{to}")

    def test_one_can_type_what_one_looks_for_on_the_phone(self, window, company):
        page = signed_in(window, company, "director", 390)
        for address in ("/search/?q=yf", f"/duplicates/with/{company.accounts['K7101'].pk}/"):
            page.goto(address)
            expect(page.locator("main form.filters [name=q]")).to_be_visible()
            check(page)
        page.goto("/search/?q=yf")
        assert page.locator("h2.find-kind").first.inner_text() == "客户"


class TestCharts:
    def test_open_a_point_and_a_bar_to_their_accounts(self, window, company):
        page = window(390)
        director = company.users["director"]
        director.set_password(PASSWORD)
        director.save()
        page.goto("/sign-in/login/")
        page.fill("[name=login]", "director")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/")
        for chart, into in (
            ("#curve", "within="),
            ("#whale", "profit_within="),
            ("#by-region", "field=region"),
        ):
            page.goto("/find/concentration/")
            page.wait_for_selector(f"{chart} [data-chart] svg")
            check(page)
            box = page.locator(f"{chart} [data-chart]")
            size = box.bounding_box()
            box.click(position={"x": size["width"] * 0.5, "y": size["height"] * 0.4})
            page.wait_for_url(f"**/find/concentration/accounts/*{into}*")
            check(page)
            assert page.locator("td.because").count() > 0


class TestVisitOnTheRoad:
    def test_is_recorded_without_a_connection_and_sent_once(self, window, company):
        page = window(390, 844)
        page.goto("/")
        page.fill("[name=login]", "owner")
        page.fill("[name=password]", PASSWORD)
        page.click("form.form button.btn-primary")
        account = company.accounts["K7101"]
        page.goto(f"/cover/touches/new/?account={account.pk}")
        check(page)
        # The page is kept by the worker once it was opened under its care.
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_load_state("networkidle")
        page.context.set_offline(True)
        page.reload()
        page.click("fieldset[data-people] .chip")
        page.fill("[name=summary]", "车间里没有信号")
        page.click("form.touch button.btn-primary")
        expect(page.locator("[data-outbox-rows]")).to_contain_text("尚未发送")
        assert not Touch.objects.exists()
        page.context.set_offline(False)
        expect(page.locator("#outbox")).to_be_hidden()
        told = Touch.objects.get()
        assert (told.account, told.summary, told.by) == (account, "车间里没有信号", company.users["owner"])
        assert told.contacts.get() == account.contacts.get()

    def test_is_kept_once_where_the_answer_was_lost(self, window, company):
        page = window(390, 844)
        page.goto("/")
        page.fill("[name=login]", "owner")
        page.fill("[name=password]", PASSWORD)
        page.click("form.form button.btn-primary")
        page.goto(f"/cover/touches/new/?account={company.accounts['K7101'].pk}")
        page.wait_for_load_state("networkidle")
        lost = []

        def lose(route):
            """The server does it, and the browser never hears of it."""
            if route.request.method == "POST" and not lost:
                lost.append(route.fetch().status)
                route.abort()
            else:
                route.continue_()

        page.context.route("**/cover/touches/new/", lose)
        page.fill("[name=summary]", "答复丢了")
        page.click("form.touch button.btn-primary")
        expect(page.locator("[data-outbox-rows]")).to_contain_text("尚未发送")
        assert lost == [201]
        page.click("#outbox [data-outbox-send]")
        expect(page.locator("#outbox")).to_be_hidden()
        assert Touch.objects.get().summary == "答复丢了"


class TestHalfTyped:
    def test_stands_there_again_after_back_and_for_nobody_else(self, window, company):
        account = company.accounts["K7101"]
        address = f"/accounts/{account.pk}/edit/"
        page = signed_in(window, company, "owner")
        page.goto(address)
        assert (
            page.evaluate("fetch(location.href).then(it => it.headers.get('cache-control'))")
            == "private, no-store"
        )
        page.fill("[name=remark]", "写了一半的话")
        page.click(".crumbs a >> nth=0")
        page.wait_for_url(f"**/accounts/{account.pk}/")
        page.go_back()
        expect(page.locator("[name=remark]")).to_have_value("写了一半的话")
        # Another person at the same window goes back to where this one was.
        page.click("header.bar form[action*=logout] button")
        page.wait_for_url("**/sign-in/**")
        head = company.users["head"]
        head.set_password(PASSWORD)
        head.save()
        page.goto("/sign-in/login/")
        page.fill("[name=login]", "head")
        page.fill("[name=password]", PASSWORD)
        page.click("form.form button.btn-primary")
        page.wait_for_selector("nav.chapters")
        for _ in range(8):
            page.evaluate("history.back()")
            page.wait_for_timeout(300)
            page.wait_for_load_state()
            if page.url.endswith(address):
                break
        assert page.url.endswith(address)
        page.wait_for_selector("[name=remark]")
        expect(page.locator("[name=remark]")).not_to_have_value("写了一半的话")
