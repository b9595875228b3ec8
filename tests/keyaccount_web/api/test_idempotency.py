"""Is the same POST done once, and another with its key refused?"""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from keyaccount_web.api import idempotency
from keyaccount_web.api.models import KeptAnswer
from keyaccount_web.work.models import Attachment, Comment


def test_a_post_with_a_key_is_done_once_for_a_day(company, program):
    told, other = program("owner"), program("owner")
    body = {"about": f"account:{company.accounts['K7101'].pk}", "text": "一次"}
    first = told.post("/comments", body, Idempotency_Key="a1")
    again = told.post("/comments", body, Idempotency_Key="a1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Comment.objects.count() == 1
    # Another body, another address, another token, another key, no key, a day later.
    assert (
        told.post("/comments", {**body, "text": "别的"}, Idempotency_Key="a1").json()["code"]
        == "api.key_other"
    )
    assert told.post("/to-dos", body, Idempotency_Key="a1").json()["code"] == "api.key_other"
    assert Comment.objects.count() == 1
    other.post("/comments", body, Idempotency_Key="a1")
    told.post("/comments", body, Idempotency_Key="a2")
    told.post("/comments", body)
    KeptAnswer.objects.update(created_at=timezone.now() - dt.timedelta(hours=24, seconds=1))
    assert idempotency.clear() == 3  # those of both tokens, and a2
    assert told.post("/comments", body, Idempotency_Key="a1").status_code == 201
    assert Comment.objects.count() == 5
    assert told.post("/comments", body, Idempotency_Key="x" * 201).json()["code"] == "api.key_long"


def test_what_was_refused_may_be_tried_again_with_its_key(company, program):
    told = program("owner")
    account = company.accounts["K7101"]
    assert (
        told.post(
            f"/accounts/{account.pk}/contacts", {"name": "柳", "email": "x"}, Idempotency_Key="k"
        ).status_code
        == 422
    )
    assert (
        told.post(f"/accounts/{account.pk}/contacts", {"name": "柳"}, Idempotency_Key="k").status_code == 201
    )
    assert account.contacts.count() == 2


def test_one_that_is_still_worked_on_says_so_until_it_is_given_up(company, program):
    told = program("owner")
    body = {"about": f"account:{company.accounts['K7101'].pk}", "text": "一次"}
    told.post("/comments", body, Idempotency_Key="a1")
    KeptAnswer.objects.update(status=None)
    answer = told.post("/comments", body, Idempotency_Key="a1")
    assert (answer.status_code, answer.json()["code"]) == (409, "api.key_running")
    assert answer.headers["Retry-After"] == "5"
    KeptAnswer.objects.update(created_at=timezone.now() - idempotency.GIVEN_UP - dt.timedelta(seconds=1))
    assert told.post("/comments", body, Idempotency_Key="a1").status_code == 201


def test_files_are_compared_by_their_content(company, program):
    told = program("owner")

    def upload(content):
        files = {
            "about": f"account:{company.accounts['K7101'].pk}",
            "file": SimpleUploadedFile("a.txt", content),
        }
        return told.ask("post", "/files", files=files, Idempotency_Key="f1")

    assert [upload(b"abc").status_code, upload(b"abc").status_code, upload(b"abd").status_code] == [
        201,
        201,
        422,
    ]
    assert Attachment.objects.count() == 1
