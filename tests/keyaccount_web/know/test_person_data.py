"""One person's data: all of it found, handed over, and erased so that no table knows them any more (R4)."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from keyaccount_web.audit.models import Entry
from keyaccount_web.company.presets import change_setting
from keyaccount_web.cover.models import Touch
from keyaccount_web.know.contact_services import add_contact, edit_contact, version_of
from keyaccount_web.know.events.gifts import register_gift
from keyaccount_web.know.events.services import keep_occasion
from keyaccount_web.know.models import Contact
from keyaccount_web.know.needs.services import add_need
from keyaccount_web.know.person_data import copy_of, kept_too_long, mentions_of
from keyaccount_web.know.structure.services import draw, keep_relation
from keyaccount_web.know.year.services import keep_step
from keyaccount_web.work.about import subject_of
from keyaccount_web.work.comments import say_about

NAME, PHONE, MAIL, BEFORE = "欧阳锦绣", "13911112222", "jinxiu@example.com", "欧阳旧名"


def source():
    return {
        "source_kind": "customer",
        "source": "年会",
        "dated": timezone.localdate(),
        "permission": "internal",
    }


@pytest.fixture
def person(company):
    """Somebody of whom every chapter knows something, and who was once called otherwise."""
    account, by = company.accounts["K7101"], company.users["owner"]
    one = add_contact(account, {"name": BEFORE, "phone": PHONE, "email": MAIL, "title": "采购"})
    one = edit_contact(one.pk, {"name": NAME}, version=version_of(one))
    other = account.contacts.exclude(pk=one.pk).first()
    keep_relation(one, version=None, values={"stance": "mentor", "roles": ["buyer"], "reports_to": other})
    keep_relation(other, version=None, values={"reports_to": None})
    draw(one, other, "influence")
    keep_occasion(by=by, account=account, owner=by, source=source(), kind="birthday", contact=one, calendar="solar", month=3, day=8)  # fmt: skip
    register_gift(by=by, account=account, contact=one, recipient=NAME, is_official=False, kind="gift", what="茶叶", value=Decimal(9), on=timezone.localdate())  # fmt: skip
    keep_step(by=by, account=account, source=source(), place=None, what="审批", approver=one)
    need = add_need(by=by, account=account, text="交货快一点", topic="delivery", contact=one, source=source())
    touch = Touch.objects.create(account=account, by=by, kind="call", began_at=timezone.now(), minutes=5, recorded_at=timezone.now(), summary=f"和{NAME}谈价格")  # fmt: skip
    touch.contacts.add(one)
    say_about(by, subject_of(by, f"account:{account.pk}"), f"{NAME}要调走了")
    return {"one": one, "account": account, "need": need, "touch": touch}


def tables_that_know(*words):
    """(table, word) of every table in which a word stands, whatever its columns are called."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                text = json.dumps([str(value) for value in row], ensure_ascii=False)
                found |= {(table, word) for word in words if word in text}
    return found


def test_everything_is_in_the_copy(person):
    told = copy_of(person["one"])
    assert told["person"]["phone"] == PHONE
    assert [one["name"] for one in told["history"]] == [BEFORE, NAME]
    assert {"structure.relation", "structure.influence", "events.occasion", "events.gift", "needs.needvoice", "customer_year.buyingstep", "cover.touch"} <= set(told["records"])  # fmt: skip
    assert json.dumps(told, ensure_ascii=False)
    assert {one.kind for one in mentions_of(person["one"])} == {"kind.cover.touch", "kind.work.comment"}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="looks through SQLite's tables")
def test_after_erasing_no_table_knows_them_but_texts_and_the_audit_log(as_user, person):
    one, account = person["one"], person["account"]
    form = {"version": version_of(one)}
    url = f"/accounts/{account.pk}/contacts/{one.pk}/data/"
    assert as_user("head").post(f"{url}erase/", form).status_code == 302
    left = {
        table for table, _ in tables_that_know(NAME, BEFORE, PHONE, MAIL) if not table.startswith("audit_")
    }
    texts = {"cover_touch", "cover_historicaltouch", "work_comment", "work_historicalcomment"}
    assert left <= texts
    assert not Contact.objects.filter(pk=one.pk).exists()
    # What is not about them alone is still there.
    assert account.gifts.get().recipient == "—"
    assert account.buying_steps.get().approver is None
    assert person["need"].voices.get().contact is None
    assert list(person["touch"].contacts.all()) == []
    assert Entry.objects.filter(view="person_erase", account_id=account.pk).exists()


def test_is_for_those_who_may(as_user, person):
    one, account = person["one"], person["account"]
    url = f"/accounts/{account.pk}/contacts/{one.pk}/data/"
    assert NAME in as_user("owner").get(url).content.decode()
    assert as_user("owner").post(f"{url}erase/", {"version": version_of(one)}).status_code == 403
    answer = as_user("owner").get(f"{url}export/")
    assert json.loads(answer.content)["person"]["name"] == NAME
    for who in ("colleague", "stranger"):
        assert as_user(who).get(url).status_code == 404
        assert as_user(who).get(f"{url}export/").status_code == 404
    assert as_user("head").post(f"{url}erase/", {"version": 0}).status_code == 302
    assert Contact.objects.filter(pk=one.pk).exists()


def test_who_was_kept_long_without_contact_is_told(person):
    old = timezone.now() - dt.timedelta(days=3 * 365 + 30)
    Contact.history.update(history_date=old)
    told = kept_too_long(Contact.objects.all())
    assert person["one"] not in told  # a call just now
    person["touch"].contacts.clear()
    assert person["one"] in told.all()
    change_setting("people.keep_months", 0)
    assert not kept_too_long(Contact.objects.all()).exists()
