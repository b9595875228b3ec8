"""A mail server that is away, silent or choosy: a real one on this machine. All goes out in the end, once."""

import datetime as dt
import socketserver
import threading
import time

import pytest
from django.test import override_settings
from django.utils import timezone

from keyaccount_web.operate import doctor, health
from keyaccount_web.operate.backup.installation import this_installation
from keyaccount_web.operate.outgoing import outgoing
from keyaccount_web.work.delivery import deliver_due
from keyaccount_web.work.models import Delivery, MailChoice
from keyaccount_web.work.notify import notify


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as Django needs, or is silent; refuses some receivers."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address):
        super().__init__(address, Conversation)
        self.calls, self.mails, self.refused, self.is_silent = 0, [], set(), False
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Conversation(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        self.server.calls += 1
        if self.server.is_silent:
            self.rfile.read()
            return
        self.say("220 here")
        to = ""
        for line in self.rfile:
            told = line.decode().strip()
            match told[:4].upper():
                case "RCPT":
                    to = told.partition("<")[2].rstrip(">")
                    self.say("550 nobody" if to in self.server.refused else "250 ok")
                case "DATA":
                    self.say("354 go on")
                    body = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        body += part
                    self.server.mails.append((to, body))
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")


@pytest.fixture
def told(company, about):
    """Three people who may see the account, each with a notification to be mailed at once."""
    people = [company.users[name] for name in ("owner", "head", "director")]
    for user in people:
        user.email = f"{user.username}@example.com"
        user.save()
        MailChoice.objects.create(user=user, mode="at_once")
    subject = about("K7101")
    notify(people, "notice.mentioned", url=subject.url, subject=subject, values={"by": "葛文斌"})
    return [user.email for user in people]


@pytest.fixture
def server():
    one = Server(("127.0.0.1", 0))
    host, port = one.server_address
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST=host,
        EMAIL_PORT=port,
        EMAIL_HOST_USER="",
        EMAIL_HOST_PASSWORD="",
        EMAIL_USE_TLS=False,
        EMAIL_TIMEOUT=0.3,
    ):
        yield one
    one.stop()


def now(minutes=0):
    return timezone.now() + dt.timedelta(minutes=minutes, seconds=1)


def states():
    return sorted(Delivery.objects.values_list("state", "attempts"))


def held_up():
    """What the doctor says, and whether all is well for those who watch."""
    levels = [
        (one.state, one.values) for one in doctor.examine(this_installation()) if one.check == "outgoing"
    ]
    return [state for state, _ in levels], health.readiness()["messages"]


class TestServer:
    def test_that_refuses_calls_is_asked_once_a_round_and_gets_each_mail_once(self, told, server):
        server.stop()
        assert deliver_due(now()) == 0
        assert states() == [("waiting", 0), ("waiting", 0), ("waiting", 1)]
        assert held_up() == (["waiting"], False)
        mail = next(outgoing())
        assert (mail.way, mail.waiting, mail.tried, mail.failed) == ("mail", 3, 1, 0)
        again = Server(server.server_address)
        try:
            assert deliver_due(now(2)) == 3
            assert deliver_due(now(3)) == 0
        finally:
            again.stop()
        assert sorted(to for to, _ in again.mails) == sorted(told)
        assert held_up() == (["ok"], True)

    def test_that_says_nothing_holds_up_nobody(self, told, server):
        server.is_silent = True
        began = time.monotonic()
        assert deliver_due(now()) == 0
        assert time.monotonic() - began < 1
        assert server.calls == 1
        server.is_silent = False
        assert deliver_due(now(2)) == 3
        assert sorted(to for to, _ in server.mails) == sorted(told)

    def test_that_refuses_one_receiver_takes_the_others_mail(self, told, server):
        server.refused = {told[0]}
        assert deliver_due(now()) == 2
        assert sorted(to for to, _ in server.mails) == sorted(told[1:])
        waiting = Delivery.objects.get(state="waiting")
        assert waiting.error == {"code": "mail.failed", "values": {"reason": "SMTPRecipientsRefused"}}

    def test_that_is_slow_does_not_have_a_mail_sent_twice(self, told, server, monkeypatch):
        """Each is taken when its turn comes: a second worker, 16 minutes after the round began, finds nothing given up."""
        monkeypatch.setattr(
            "keyaccount_web.work.delivery.time.monotonic", iter(range(0, 10**6, 300)).__next__
        )
        start = now()
        sent = []

        def second_worker(*_, **__):
            sent.append(
                Delivery.objects.filter(state="sending", next_at__lt=start + dt.timedelta(minutes=1)).count()
            )
            return 1

        monkeypatch.setattr("django.core.mail.EmailMessage.send", second_worker)
        assert deliver_due(start) == 3
        assert sent == [0, 0, 0]
