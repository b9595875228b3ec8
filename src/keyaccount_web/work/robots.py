"""How do group robots of WeCom, DingTalk and Feishu get their messages?

Formats by their documentation of custom group robots: WeCom (developer.work.weixin.qq.com/document/path/91770), DingTalk
(open.dingtalk.com, custom robot access), Feishu (open.feishu.cn, custom bot). All three answer 200 to what they refuse.

Other chapters call `tell_robots`.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.superiors import units_up
from keyaccount_web.know.models import Account
from keyaccount_web.work.models import Delivery, Robot
from keyaccount_web.work.notify import send_soon
from keyaccount_web.work.outgoing import OutgoingError, check_address, post_json
from keyaccount_web.work.sealed import seal, unseal
from keyaccount_web.work.texts import say

LONGEST = 2000
"""Bytes; WeCom takes 2,048."""


def add_robot(
    by: User,
    *,
    name: str,
    service: str,
    purpose: str,
    unit: OrgUnit,
    address: str,
    secret: str = "",
    names_accounts: bool = False,
    lang: str = "zh",
) -> Robot:
    """Keep a robot. Raises OutgoingError `robot.address`."""
    _, host, _ = check_address(address)
    return Robot.objects.create(
        name=name,
        service=service,
        purpose=purpose,
        unit=unit,
        sealed_address=seal(address),
        sealed_secret=seal(secret),
        host=host,
        names_accounts=names_accounts,
        lang=lang,
        added_by=by,
    )


def tell_robots(
    purpose: str,
    code: str,
    *,
    values: Mapping[str, Any] | None = None,
    account: Account | None = None,
    exactly: OrgUnit | None = None,
) -> int:
    """Send a message to the robots of a purpose: those of the account's unit and of the units above, or of one unit.

    `code`: a text with `values`, in which nothing may tell of the account; its name is added for robots that name accounts.
    Gives how many will get it.
    """
    robots = Robot.objects.filter(is_active=True, purpose=purpose)
    if exactly is not None:
        robots = robots.filter(unit=exactly)
    elif account is not None and account.unit is not None:
        robots = robots.filter(unit__path__in=units_up(account.unit.path))
    else:
        robots = robots.filter(Q(unit__parent=None))
    now = timezone.now()
    made = Delivery.objects.bulk_create(
        Delivery(
            robot=robot,
            account=account if robot.names_accounts else None,
            code=code,
            values=dict(values or {}),
            next_at=now,
            created_at=now,
        )
        for robot in robots
    )
    if made:
        send_soon()
    return len(made)


def send(delivery: Delivery, robot: Robot) -> None:
    """One message to one robot.

    Raises OutgoingError: those of `post_json`, `robot.refused`, `robot.sealed`.
    """
    address, secret = unseal(robot.sealed_address), unseal(robot.sealed_secret)
    if address is None or secret is None:
        raise OutgoingError("robot.sealed")
    url, body = request_for(robot.service, address, secret, text_of(delivery, robot), now=time.time())
    told = post_json(url, body)
    refusal = told.get("errcode", told.get("code", told.get("StatusCode")))
    if refusal != 0:
        # Numbers only: their sentences may repeat what was sent.
        number = refusal if isinstance(refusal, int) else "?"
        raise OutgoingError("robot.refused", host=robot.host, number=number)


def text_of(delivery: Delivery, robot: Robot) -> str:
    """What the group reads: the account only where the robot names accounts and it still lies in its unit."""
    lines = [say(delivery.code, robot.lang, delivery.values)]
    account = delivery.account
    path = account.unit.path if account is not None and account.unit is not None else ""
    if account is not None and robot.names_accounts and path.startswith(robot.unit.path):
        lines.insert(0, account.name)
    lines.append(settings.SITE_URL)
    text = "\n".join(lines)
    return text.encode()[:LONGEST].decode(errors="ignore")


def request_for(
    service: str, address: str, secret: str, text: str, *, now: float
) -> tuple[str, dict[str, Any]]:
    """The address with its signature, and the body."""
    match service:
        case Robot.Service.DINGTALK:
            if secret:
                stamp = str(round(now * 1000))
                sign = _signed(secret.encode(), f"{stamp}\n{secret}".encode())
                address += ("&" if "?" in address else "?") + urlencode({"timestamp": stamp, "sign": sign})
            return address, {"msgtype": "text", "text": {"content": text}}
        case Robot.Service.FEISHU:
            body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
            if secret:
                stamp = str(int(now))
                # Theirs is the other way round: the text to sign is the key, and nothing is signed with it.
                body |= {"timestamp": stamp, "sign": _signed(f"{stamp}\n{secret}".encode(), b"")}
            return address, body
        case _:
            return address, {"msgtype": "text", "text": {"content": text}}


def _signed(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
