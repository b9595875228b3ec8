"""Everything that matters is in the log once, who may read it can, and whoever alters it is found out."""

import datetime as dt
import json

import pytest
from django.db.models import F
from django.utils import timezone

from keyaccount_web.access.models import User
from keyaccount_web.access.services import consent
from keyaccount_web.audit import chain, record
from keyaccount_web.audit.models import Entry, Seal
from keyaccount_web.know.contacts import version_of
from keyaccount_web.know.models import Contact


def told():
    """All entries, oldest first, without those of the sign-ins that tests need."""
    record.flush()
    return [(one.kind, one.user_name, one.view) for one in Entry.objects.order_by("pk")]


class TestWhatIsKept:
    def test_seeing_an_account_once(self, company, as_user):
        account = company.accounts["K7101"]
        browser = as_user("owner")
        browser.get(f"/accounts/{account.pk}/")
        browser.get(f"/accounts/{account.pk}/buying/", headers={"HX-Request": "true"})
        browser.get("/")
        browser.get("/accounts/")
        assert told() == [("saw", "owner", "account")]
        entry = Entry.objects.get()
        assert (entry.account_id, entry.status, entry.address) == (account.pk, 200, "127.0.0.1")

    def test_seeing_waits_and_doing_does_not(self, company, as_user):
        browser = as_user("owner")
        browser.get(f"/accounts/{company.accounts['K7101'].pk}/")
        assert Entry.objects.count() == 0
        account, contact = company.accounts["K7101"], Contact.objects.get(account__code="K7101")
        browser.post(
            f"/accounts/{account.pk}/contacts/{contact.pk}/",
            {"name": "新名", "version": version_of(contact)},
        )
        entry = Entry.objects.get()
        assert (entry.kind, entry.view) == ("changed", "contact")
        assert entry.detail["changes"] == [["know.contact", contact.pk, "~"]]

    def test_lists_of_people_and_files(self, as_user):
        browser = as_user("owner")
        browser.get("/accounts/contacts/")
        list(browser.get("/accounts/contacts/export/?format=csv&q=云").streaming_content or [])
        browser.get("/accounts/?format=json")
        assert [kind for kind, _, _ in told()] == ["exported", "exported", "saw"]
        assert "q=" in Entry.objects.get(view="contacts_export").detail["asked"]

    def test_what_was_refused(self, company, as_user):
        browser = as_user("stranger")
        browser.get(f"/accounts/{company.accounts['K7101'].pk}/")
        browser.get("/audit/")
        assert told() == [("refused", "stranger", "account"), ("refused", "stranger", "audit")]

    def test_settings_that_were_refused_by_their_name_and_without_a_trace(self, as_user, caplog):
        as_user("owner").get("/settings/")
        assert told() == [("refused", "owner", "settings")]
        (line,) = [one for one in caplog.records if one.name == "django.request"]
        assert (line.levelname, line.exc_info) == ("WARNING", None)
        assert "公司设置" in as_user("admin").get("/audit/").content.decode().partition("<tbody")[2]

    def test_sign_ins_and_no_password(self, company, sign_in):
        User.objects.get(username="owner").set_password("x")
        browser = sign_in("owner", "wrong-password-7")
        browser.post("/sign-in/login/", {"login": "my-secret-password", "password": "owner"})
        kinds = told()
        assert [kind for kind, _, _ in kinds] == ["sign_in_failed", "sign_in_failed"]
        kept = json.dumps([one.detail for one in Entry.objects.order_by("pk")])
        assert kept == '[{"tried": "owner"}, {}]'
        user = User.objects.get(username="owner")
        user.set_password("Haiyan-7-Kranich")
        user.save()
        browser = sign_in("owner")
        browser.post("/sign-in/logout/")
        assert [kind for kind, _, _ in told()][2:] == ["signed_in", "signed_out"]

    def test_rights_and_acting(self, company, as_user):
        owner, admin = company.users["owner"], company.users["admin"]
        browser = as_user("admin")
        browser.post(
            f"/people/{owner.pk}/posts/give/",
            {"role": "analyst", "unit": company.units["HQ"].pk, "reach": ""},
        )
        given = consent(owner, admin)
        browser.post(f"/people/act/{given.pk}/")
        browser.get(f"/accounts/{company.accounts['K7101'].pk}/")
        browser.post("/people/act/stop/")
        assert [kind for kind, _, _ in told()] == ["rights", "acting", "acting", "saw"]
        seen = Entry.objects.get(kind="saw")
        assert (seen.user_name, seen.helper_name) == ("owner", "admin")

    def test_who_comes_by_a_token(self, company, rf):
        from django.contrib.auth.models import AnonymousUser
        from django.http import HttpResponse

        from keyaccount_web.audit.middleware import Audit

        def answer(request):
            request.audit_user = company.users["owner"]
            return HttpResponse("{}")

        request = rf.get("/api/accounts")
        request.user, request.resolver_match = AnonymousUser(), None
        Audit(answer)(request)
        assert told() == [("saw", "owner", "")]

    def test_an_invitation_is_kept_without_its_token(self, company, client):
        client.get("/people/welcome/secret-token-of-a-link/")
        record.flush()
        assert not Entry.objects.filter(path__contains="secret-token").exists()

    def test_a_database_that_is_away_loses_nothing_that_was_seen(self, company, as_user, monkeypatch):
        from django.db import DatabaseError

        def away(*_, **__):
            raise DatabaseError

        as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/")
        with monkeypatch.context() as patch:
            patch.setattr(Entry.objects, "bulk_create", away)
            assert record.flush() == 0
        assert record.flush() == 1


def entry(n, **more):
    return Entry.objects.create(
        at=timezone.now() - dt.timedelta(hours=2) + dt.timedelta(seconds=n),
        kind="saw",
        user_id=n,
        user_name=f"u{n}",
        **more,
    )


@pytest.mark.django_db
class TestTheChain:
    @pytest.fixture(autouse=True)
    def _sealed(self):
        for start in (0, 3, 6):
            for n in range(start, start + 3):
                entry(n, detail={"changes": [["know.account", n, "~"]]})
            assert chain.seal() == 3

    def test_is_sound_as_it_was_made(self):
        entry(10)
        found = chain.verify()
        assert (found.seals, found.entries, found.unsealed, found.anchors) == (3, 9, 1, 3)
        assert found.is_sound

    def test_the_newest_minute_is_not_sealed_yet(self):
        Entry.objects.create(at=timezone.now(), kind="saw")
        assert chain.seal() == 0
        assert chain.seal(timezone.now() + dt.timedelta(minutes=2)) == 1

    @pytest.mark.parametrize(
        ("alter", "problems"),
        [
            (lambda: Entry.objects.filter(user_id=4).update(user_name="other"), [("changed", 2)]),
            (lambda: Entry.objects.filter(user_id=4).update(detail={}), [("changed", 2)]),
            (
                lambda: Entry.objects.filter(user_id=4).update(at=F("at") + dt.timedelta(microseconds=1)),
                [("changed", 2)],
            ),
            (lambda: Entry.objects.filter(user_id=4).delete(), [("changed", 2)]),
            (lambda: entry(99, seal=Seal.objects.get(number=2)), [("changed", 2)]),
            (
                lambda: (Entry.objects.filter(seal__number=2).delete(), Seal.objects.get(number=2).delete()),
                [("missing", 2), ("broken", 3), ("anchor", 2)],
            ),
            (
                lambda: (Entry.objects.filter(seal__number=3).delete(), Seal.objects.get(number=3).delete()),
                [("anchor", 3)],
            ),
            (
                lambda: (
                    Entry.objects.filter(seal__number=2).delete(),
                    Seal.objects.filter(number=2).update(cleared_at=timezone.now()),
                ),
                [("cleared", 2)],
            ),
        ],
    )
    def test_tells_every_alteration(self, alter, problems):
        alter()
        assert chain.verify().problems == problems

    def test_tells_a_chain_that_was_made_anew(self):
        Entry.objects.filter(user_id=0).update(user_name="other")
        previous = ""
        for link in Seal.objects.order_by("number"):
            link.previous = previous
            link.hash = previous = chain._hash(link.previous, link.entries.order_by("pk"))
            link.save()
        found = chain.verify()
        assert found.problems == [("anchor", 1), ("anchor", 2), ("anchor", 3)]

    def test_what_is_too_old_goes_and_the_rest_still_holds(self, settings):
        settings.AUDIT_DAYS = 30
        assert chain.clear() == 0
        Seal.objects.filter(number=1).update(last_at=timezone.now() - dt.timedelta(days=31))
        assert chain.clear() == 3
        found = chain.verify()
        assert (found.is_sound, found.cleared, found.entries) == (True, 1, 6)

    def test_anchors_of_backups_are_compared(self):
        last = Seal.objects.get(number=3)
        assert chain.verify([{"number": 3, "hash": last.hash}]).is_sound
        assert chain.verify([{"number": 3, "hash": "0" * 64}]).problems == [("anchor", 3)]


class TestPage:
    def test_is_for_administrators_and_directors(self, as_user):
        for username in ("owner", "head", "analyst", "planner"):
            assert as_user(username).get("/audit/").status_code == 403
            assert as_user(username).get("/audit/export/").status_code == 403
        for username in ("admin", "director"):
            assert as_user(username).get("/audit/").status_code == 200

    def test_an_administrator_reads_no_customer(self, company, as_user):
        as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/")
        page = as_user("admin").get("/audit/").content.decode()
        assert "钟离春" in page
        assert f"客户 {company.accounts['K7101'].pk}" in page
        assert "云帆机械" not in page
        assert "云帆机械" in as_user("director").get("/audit/").content.decode()

    def test_filters(self, company, as_user):
        as_user("owner").get(f"/accounts/{company.accounts['K7101'].pk}/")
        as_user("colleague").get(f"/accounts/{company.accounts['K7201'].pk}/")
        browser = as_user("director")

        def count(asked):
            return browser.get(f"/audit/?format=json&{asked}").json()["rows"]

        assert len(count("q=钟离")) == 1
        assert len(count("kind=saw")) == 2
        assert len(count(f"account={company.accounts['K7201'].pk}")) == 1
        assert count("account=x") == []
        tomorrow = (timezone.localdate() + dt.timedelta(days=1)).isoformat()
        assert count(f"since={tomorrow}") == []
        assert count("until=2020-01-01") == []
        assert len(count(f"kind=saw&since={timezone.localdate()}&until={timezone.localdate()}")) == 2
        assert len(count("kind=saw&since=nonsense")) == 2

    def test_asks_the_database_as_often_for_many(self, company, as_user, django_assert_max_num_queries):
        Entry.objects.bulk_create(
            Entry(at=timezone.now(), kind="saw", user_id=n, user_name="x", account_id=n) for n in range(50)
        )
        browser = as_user("director")
        with django_assert_max_num_queries(20):
            browser.get("/audit/")
