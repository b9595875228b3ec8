"""Navigation, home, errors, and what keeps pages safe: policy, cookies, tokens, secrets."""

import logging
import os
import re
import subprocess
import sys

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from keyaccount_web.access.models import User
from keyaccount_web.access.services import invite
from keyaccount_web.cover.models import DueTouch
from keyaccount_web.runs.models import Run
from keyaccount_web.shell.first import first_things
from tests.keyaccount_web.company import PASSWORD
from tests.keyaccount_web.crawler import addresses


def chapters(body):
    nav = re.search(r'<nav class="chapters".*?</nav>', body, re.S)
    return re.findall(r"<span>([^<]+)</span>", nav[0])


class TestNavigation:
    @pytest.mark.parametrize(
        ("username", "entries"),
        [
            ("director", ["首页", "客户", "识别", "同事"]),
            ("analyst", ["首页", "客户", "识别"]),
            ("executive", ["首页", "客户", "识别"]),
            ("head", ["首页", "客户", "识别", "同事"]),
            ("owner", ["首页", "客户", "识别"]),
            ("planner", ["首页", "客户", "识别"]),
            ("service", ["首页", "客户", "识别"]),
            ("admin", ["首页", "同事"]),
            ("nobody", ["首页"]),
        ],
    )
    def test_shows_the_chapters_that_may_be_seen(self, company, as_user, username, entries):
        client = as_user(username)
        body = client.get("/").content.decode()
        shown = chapters(body)
        # Chapters may be added; what is not for this user never appears, and what appears opens.
        assert [one for one in shown if one in ("首页", "客户", "识别", "同事")] == entries
        nav = re.search(r'<nav class="chapters".*?</nav>', body, re.S)[0]
        for address in re.findall(r'<a href="([^"]+)"', nav):
            assert client.get(address).status_code == 200

    def test_marks_where_one_is(self, company, as_user):
        body = as_user("owner").get("/accounts/").content.decode()
        # The chapter and its section.
        assert re.findall(r'href="([^"]+)" aria-current="page"', body) == ["/accounts/"] * 2


class TestHome:
    @pytest.mark.parametrize(
        ("username", "text"),
        [
            ("director", "全公司 12 家客户这一年的销售额"),
            ("owner", "您的 4 家客户这一年的销售额"),
            ("executive", "您的 1 家客户这一年的销售额"),
            ("admin", "您管理同事和岗位"),
            ("nobody", "您还没有岗位"),
        ],
    )
    def test_says_how_it_stands(self, company, as_user, username, text):
        assert text in as_user(username).get("/").content.decode()

    def test_says_what_to_do_first(self, company, as_user):
        for username, texts in (
            ("director", ("不赚钱的入围客户（1 家）",)),
            ("neighbour", ("不赚钱的入围客户（1 家）",)),
            ("planner", ("不赚钱的入围客户（1 家）",)),
            ("admin", ("邀请同事",)),
        ):
            body = as_user(username).get("/").content.decode()
            for text in texts:
                assert text in body, (username, text)
        assert "不赚钱的入围客户" not in as_user("stranger").get("/").content.decode()

    def test_counts_only_what_one_sees_and_opens_it(self, company, as_user):
        """Two key accounts overdue; the head of Zhejiang has one of them."""
        DueTouch.objects.all().delete()
        for code in ("K7101", "K7401"):
            DueTouch.objects.create(
                account=company.accounts[code],
                touch="visit",
                tier="gold",
                interval_days=30,
                urgency="2000-01-01",
            )
        told = {name: first_things(company.users[name]) for name in ("director", "head", "owner", "nobody")}
        counts = {name: {one.code: one.n for one in rows} for name, rows in told.items()}
        assert (counts["director"]["home.overdue"], counts["head"]["home.overdue"]) == (2, 1)
        assert "home.overdue" not in counts["owner"]
        assert counts["nobody"] == {}
        for name, rows in told.items():
            for one in rows:
                assert as_user(name).get(one.url).status_code == 200, (name, one.url)
        page = as_user("head").get("/").content.decode()
        assert "大客户的拜访和电话有 1 项超期" in page

    @pytest.mark.parametrize("username", ["director", "head", "owner", "service"])
    def test_takes_few_queries(self, company, as_user, username, django_assert_max_num_queries):
        client = as_user(username)
        client.get("/people/me/")  # the first page after signing in keeps the session
        with django_assert_max_num_queries(20):
            client.get("/")

    def test_stands_without_any_run(self, company, as_user, monkeypatch, tmp_path):
        Run.objects.all().delete()
        assert "算出第一份大客户名单" in as_user("director").get("/").content.decode()
        monkeypatch.setenv("KEYACCOUNT_LEDGER", str(tmp_path / "nothing"))
        assert "账本还是空的，请先导入" in as_user("director").get("/").content.decode()
        assert as_user("owner").get("/").status_code == 200


class TestErrorPages:
    def test_keep_the_look_and_say_what_it_is(self, company, as_user):
        client = as_user("owner")
        for address, status, text in (("/nothing/", 404, "没有这一页"), ("/runs/", 403, "没有权限")):
            answer = client.get(address)
            assert answer.status_code == status
            assert text in answer.content.decode()
            assert "<header" in answer.content.decode()

    def test_of_a_broken_program_tells_nothing_of_it(self, company, as_user, monkeypatch):
        def breaks(*_):
            raise ValueError("secret detail")

        monkeypatch.setattr("keyaccount_web.lists.views.state_of", breaks)
        client = as_user("owner")
        client.raise_request_exception = False
        answer = client.get("/accounts/")
        assert answer.status_code == 500
        assert "secret detail" not in answer.content.decode()
        assert re.search("出错了", answer.content.decode())


class TestContentSecurityPolicy:
    def test_lets_no_script_in_but_our_files(self, company, as_user):
        for client, address in (
            (as_user("owner"), "/"),
            (Client(), "/sign-in/login/"),
            (Client(), "/nothing/"),
        ):
            policy = client.get(address).headers["Content-Security-Policy"]
            rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";") if rule.strip())
            assert rules["script-src"] == "'self'"
            assert rules["default-src"] == "'self'"
            assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
            assert rules["form-action"].startswith("'self'")
            assert "unsafe-eval" not in policy

    def test_is_kept_by_our_own_scripts(self):
        import keyaccount_web.shell as shell

        folder = os.path.join(os.path.dirname(shell.__file__), "static", "shell")
        for name in os.listdir(folder):
            if name.endswith(".js"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    assert not re.search(r"\beval\(|new Function|document\.write|innerHTML", file.read()), (
                        name
                    )


class TestCookies:
    def test_are_out_of_reach_of_scripts_and_other_sites(self, company, sign_in, client):
        owner = company.users["owner"]
        owner.set_password(PASSWORD)
        owner.save()
        signed = sign_in("owner")
        client.post("/people/language/", {"lang": "en"})
        assert "sessionid" in signed.cookies
        for jar in (signed.cookies, client.cookies):
            for name, cookie in jar.items():
                assert cookie["httponly"], name
                assert cookie["samesite"] == "Lax", name


class TestDeployment:
    def test_over_https_passes_djangos_own_check_with_secure_cookies(self, tmp_path):
        script = (
            "import django, sys; django.setup()\n"
            "from django.conf import settings\n"
            "from django.core.management import call_command\n"
            "call_command('check', deploy=True, fail_level='WARNING')\n"
            "assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SECURE_SSL_REDIRECT\n"
            "assert settings.SECURE_HSTS_SECONDS >= 31536000 and not settings.DEBUG\n"
        )
        environment = {
            **os.environ,
            "KEYACCOUNT_HTTPS": "1",
            "KEYACCOUNT_HOSTS": "keyaccount.example.com",
            "KEYACCOUNT_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "keyaccount_web.config.settings",
        }
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
        assert "no issues" in done.stdout
        assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0

    def test_needs_no_migration_that_is_not_there(self, db):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


class TestCsrf:
    def test_is_asked_for_by_everything_that_takes_a_post(self, company):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(company.users["director"])
        logging.disable(logging.ERROR)
        told = {address: client.post(address).status_code for address in addresses([1])}
        logging.disable(logging.NOTSET)
        assert len(told) > 50
        # The API asks for a token instead, and takes no session; its schema is only read.
        api = {address: told.pop(address) for address in list(told) if address.startswith("/api/v1/")}
        assert len(api) > 30
        assert {
            address: status for address, status in api.items() if status not in (401, 403, 404, 405)
        } == {}
        assert {address: status for address, status in told.items() if status not in (403, 404)} == {}
        assert sum(status == 403 for status in told.values()) > 50


class TestSecrets:
    def test_stand_in_no_log_and_not_plain_in_the_records(self, company, caplog, sign_in):
        caplog.set_level(logging.DEBUG)
        newcomer = company.users["nobody"]
        token = invite(newcomer, company.users["admin"])
        # Looked at, tried without the token against forgery, used, used again.
        browser = Client(enforce_csrf_checks=True)
        address = f"/people/welcome/{token}/"
        browser.get(address)
        browser.post(address, {"password": PASSWORD, "again": PASSWORD})
        coming = Client()
        page = coming.get(address, follow=True)
        target = page.redirect_chain[-1][0] if page.redirect_chain else address
        coming.post(target, {"password": PASSWORD, "again": PASSWORD})
        coming.get(address)
        assert User.objects.get(pk=newcomer.pk).check_password(PASSWORD)
        sign_in("nobody", PASSWORD)
        sign_in("nobody", f"{PASSWORD}-wrong")
        sign_in(PASSWORD, "typed in the wrong place")
        for secret in (token, PASSWORD):
            for record in caplog.records:
                assert secret not in record.getMessage(), (record.name, record.getMessage()[:200])
            for model in apps.get_models():
                for row in model.objects.values():
                    assert secret not in str(row), (
                        model,
                        [name for name, value in row.items() if secret in str(value)],
                    )
