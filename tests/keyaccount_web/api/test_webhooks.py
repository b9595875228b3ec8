"""Is a webhook told what its user may see, signed, again and again until it arrives, and nothing else?"""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from django.utils import timezone

from keyaccount.client import is_from_us
from keyaccount_web.access.services import end_post
from keyaccount_web.api import webhooks
from keyaccount_web.api.events import EVENTS, tell
from keyaccount_web.api.models import KeptAnswer, Webhook, WebhookDelivery
from keyaccount_web.api.webhooks import (
    KEPT_DAYS,
    WAITS,
    WebhookError,
    add_webhook,
    clear,
    deliver_due,
    ping,
    try_again,
)
from keyaccount_web.imports.models import FileImport
from keyaccount_web.imports.tasks import _tell_done
from keyaccount_web.know.services import edit_account, make_current
from keyaccount_web.work.models import Notification
from keyaccount_web.work.outgoing import OutgoingError
from keyaccount_web.work.sealed import seal

State = WebhookDelivery.State


@pytest.fixture
def receiver(settings):
    """A program on this machine: what it was sent, and what it answers."""
    settings.ALLOW_LOCAL_ROBOTS = True

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((self.path, dict(self.headers), body))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    told = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.got, told.answers = [], []
    told.address = f"http://127.0.0.1:{told.server_port}/hook?key=4711"
    thread = threading.Thread(target=told.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield told
    told.shutdown()
    told.server_close()
    thread.join()


@pytest.fixture
def hook(company, receiver):
    def made(username="owner", events=("account.changed",)):
        return add_webhook(company.users[username], name="钩", address=receiver.address, events=events)

    return made


def change(company, code="K7101", remark="新"):
    account = company.accounts[code]
    account.refresh_from_db()
    edit_account(account.pk, {"remark": remark}, version=account.version, user=company.users["director"])


def states():
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", "attempts"))


class TestAMessage:
    def test_is_signed_over_what_was_sent(self, company, hook, receiver):
        _, secret = hook()
        change(company)
        assert deliver_due() == 1
        path, headers, body = receiver.got[0]
        assert path == "/hook?key=4711"
        assert headers["Keyaccount-Event"] == "account.changed"
        now = timezone.now().timestamp()
        assert is_from_us(body, headers["Keyaccount-Signature"], secret, now=now)
        assert not is_from_us(body, headers["Keyaccount-Signature"], secret + "x", now=now)
        told = json.loads(body)
        assert told["id"] == headers["Keyaccount-Delivery"]
        account = company.accounts["K7101"]
        assert told["data"] == {
            "account": {"id": account.pk, "code": "K7101", "version": 2},
            "what": "changed",
        }
        assert "新" not in body.decode()  # what it says now is asked by the API
        assert states() == [(State.SENT, 1)]
        assert deliver_due() == 0

    def test_is_tried_again_later_and_later_and_then_given_up(self, company, hook, receiver):
        hook()
        receiver.answers = [500, 302] + [404] * 20
        change(company)
        now = timezone.now()
        for wait in WAITS:
            assert deliver_due(now) == 0
            delivery = WebhookDelivery.objects.get()
            assert delivery.next_at == now + dt.timedelta(minutes=wait)
            assert deliver_due(delivery.next_at - dt.timedelta(seconds=1)) == 0  # not yet
            now = delivery.next_at
        deliver_due(now)
        assert states() == [(State.FAILED, len(WAITS) + 1)]
        assert len(receiver.got) == len(WAITS) + 1
        # Each time the same message, so that it is known there.
        assert len({headers["Keyaccount-Delivery"] for _, headers, _ in receiver.got}) == 1
        assert list(Notification.objects.values_list("user__username", "code")) == [
            ("owner", "notice.webhook_failed")
        ]
        receiver.answers = []
        try_again(WebhookDelivery.objects.get())
        assert deliver_due() == 1
        assert states() == [(State.SENT, 1)]

    def test_waits_for_days_while_nobody_listens_and_holds_up_no_other(
        self, company, hook, receiver, monkeypatch
    ):
        gone, _ = hook()
        gone.sealed_address = seal("http://127.0.0.1:9/gone")  # a port at which nobody listens
        gone.save()
        failing, _ = hook()
        failing.sealed_address = seal(receiver.address.replace("hook?", "failing?"))
        failing.save()
        change(company)
        change(company, remark="又")
        hook()
        change(company, remark="再")
        now = timezone.now()
        receiver.answers = [500]
        # Each of the two is asked once, not once for each of its messages; the third is not held up.
        assert deliver_due(now) == 1
        assert [path.split("?")[0] for path, _, _ in receiver.got] == ["/failing", "/hook"]
        for wait in range(5):
            deliver_due(now + dt.timedelta(days=wait, minutes=20))
        states_of = WebhookDelivery.objects.filter(webhook=gone).values_list("state", flat=True)
        assert set(states_of) == {State.WAITING}
        assert WebhookDelivery.objects.exclude(webhook=gone).exclude(state=State.SENT).count() == 0

    def test_to_one_that_is_slow_leaves_time_for_others(self, company, hook, receiver, monkeypatch):
        hook()
        for remark in "甲乙丙":
            change(company, remark=remark)
        monkeypatch.setattr(webhooks, "SECONDS_A_ROUND", 0)
        assert deliver_due() == 1
        assert deliver_due() == 1

    def test_left_by_a_dead_worker_is_sent_by_another(self, company, hook, receiver):
        hook()
        change(company)
        WebhookDelivery.objects.update(state=State.SENDING, next_at=timezone.now())
        assert deliver_due() == 0
        assert deliver_due(timezone.now() + dt.timedelta(minutes=16)) == 1

    def test_goes_only_while_its_user_may_see_what_it_is_about(self, company, hook, receiver):
        hook("owner")
        hook("stranger")
        change(company)
        assert deliver_due() == 1
        assert states() == [(State.SENT, 1), (State.WITHHELD, 1)]
        change(company, remark="又")
        end_post(company.users["owner"].posts.get())
        assert deliver_due() == 0
        assert len(receiver.got) == 1

    def test_is_not_sent_where_the_transaction_comes_to_nothing(self, company, hook):
        hook()
        with transaction.atomic():
            change(company)
            assert states() == [(State.WAITING, 0)]
            transaction.set_rollback(True)
        assert states() == []

    def test_tells_of_runs_and_imports_those_whom_they_concern(self, company, hook, receiver):
        for username in ("director", "owner"):
            hook(username, tuple(EVENTS))
        make_current(company.run)
        told = FileImport.objects.create(
            kind="records", by=company.users["owner"], file_name="x", sha256="0", size=1
        )
        _tell_done(told)
        tell("list.published", {"list": {"id": 1, "year": 2026}})
        deliver_due()
        sent = WebhookDelivery.objects.filter(state=State.SENT).values_list(
            "event", "webhook__user__username"
        )
        assert sorted(sent) == [
            ("import.done", "owner"),
            ("list.published", "director"),
            ("list.published", "owner"),
            ("run.made_current", "director"),
            ("run.made_current", "owner"),
        ]

    def test_of_long_ago_is_forgotten(self, company, hook):
        webhook, _ = hook()
        ping(webhook)
        ping(webhook)
        deliver_due()
        old = timezone.now() - dt.timedelta(days=KEPT_DAYS, minutes=1)
        WebhookDelivery.objects.filter(pk=WebhookDelivery.objects.first().pk).update(created_at=old)
        assert clear() == 1
        assert WebhookDelivery.objects.count() == 1


class TestAddWebhook:
    def test_lets_nobody_reach_into_the_own_network(self, company):
        owner = company.users["owner"]
        for address in ("http://example.com/x", "ftp://example.com", "https://user@example.com/", "nonsense"):
            with pytest.raises(OutgoingError):
                add_webhook(owner, name="钩", address=address, events=["run.done"])
        webhook, _ = add_webhook(owner, name="钩", address="https://127.0.0.1/x", events=["run.done"])
        ping(webhook)
        assert deliver_due() == 0
        assert WebhookDelivery.objects.get().error["code"] == "robot.private_host"

    def test_keeps_neither_address_nor_secret_to_be_read(self, company, hook, receiver):
        _, secret = hook()
        kept = str(list(Webhook.objects.values()))
        assert secret not in kept
        assert "4711" not in kept

    def test_refuses_events_that_are_none_and_users_without_a_post(self, company):
        for username, events, code in (
            ("owner", [], "webhook.events"),
            ("owner", ["everything"], "webhook.events"),
            ("nobody", ["run.done"], "webhook.no_post"),
        ):
            with pytest.raises(WebhookError) as error:
                add_webhook(
                    company.users[username], name="钩", address="https://example.com/x", events=events
                )
            assert error.value.code == code


class TestThePages:
    def test_make_try_show_switch_and_remove_ones_own(
        self, company, receiver, as_user, django_capture_on_commit_callbacks
    ):
        client = as_user("owner")
        form = {"name": "对账", "address": receiver.address, "events": ["account.changed"]}
        body = client.post("/people/me/webhooks/", form).content.decode()
        assert "whsec_" in body
        assert "4711" not in body
        assert "whsec_" not in client.get("/people/me/webhooks/").content.decode()
        pk = Webhook.objects.get().pk
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/people/me/webhooks/{pk}/ping/")
        body = client.get(f"/people/me/webhooks/{pk}/").content.decode()
        assert "已送达" in body
        assert "204" in body
        receiver.answers = [500]
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/people/me/webhooks/{pk}/ping/")
        assert "对方应回答成功" in client.get(f"/people/me/webhooks/{pk}/").content.decode()
        delivery = WebhookDelivery.objects.first().pk
        others = [f"/people/me/webhooks/{pk}/{deed}/" for deed in ("ping", "switch", "remove")]
        for address in (*others, f"/people/me/webhooks/messages/{delivery}/again/"):
            assert as_user("colleague").post(address).status_code == 404
        assert as_user("colleague").get(f"/people/me/webhooks/{pk}/").status_code == 404
        client.post(f"/people/me/webhooks/{pk}/switch/")
        assert "已停用" in client.get(f"/people/me/webhooks/{pk}/").content.decode()
        client.post(f"/people/me/webhooks/{pk}/remove/")
        assert not Webhook.objects.exists()

    def test_say_what_is_wrong(self, company, as_user):
        answer = as_user("owner").post("/people/me/webhooks/", {"name": "x", "address": "ftp://x"})
        assert answer.status_code == 422
        form = {"name": "x", "address": "ftp://x", "events": ["run.done"]}
        assert (
            "地址应以 https:// 开头" in as_user("owner").post("/people/me/webhooks/", form).content.decode()
        )


class TestTheEndpoints:
    def test_give_the_secret_once_and_show_what_was_sent(self, company, receiver, program):
        told = program("owner")
        form = {"name": "钩", "url": receiver.address, "events": ["account.changed"]}
        made = told.post("/webhooks", form, Idempotency_Key="w1").json()
        assert told.post("/webhooks", form, Idempotency_Key="w1").json() == made
        assert made["secret"] not in str(list(KeptAnswer.objects.values()))
        assert made["secret"].startswith("whsec_")
        assert "secret" not in told.get(f"/webhooks/{made['id']}").json()
        change(company)
        deliver_due()
        page = told.get(f"/webhooks/{made['id']}/deliveries").json()
        assert [(one["event"], one["state"], one["status"]) for one in page["items"]] == [
            ("account.changed", "sent", 204)
        ]
        assert is_from_us(
            receiver.got[0][2],
            receiver.got[0][1]["Keyaccount-Signature"],
            made["secret"],
            now=timezone.now().timestamp(),
        )
        again = told.post(f"/webhooks/{made['id']}/deliveries/{page['items'][0]['id']}/again")
        assert again.status_code == 202
        assert deliver_due() == 1
        told.patch(f"/webhooks/{made['id']}", {"is_active": False})
        change(company, remark="又")
        assert deliver_due() == 0
