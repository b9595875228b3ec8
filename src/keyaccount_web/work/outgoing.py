"""How does a message go to an address that somebody has entered, without reaching into our own network?

Only https, only hosts all of whose addresses are public; the connection goes to the address that was checked, so that a name
that answers differently the second time gains nothing. Redirects are not followed. Addresses are secrets: no error names one.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from keyaccount.errors import KeyAccountError

TIMEOUT = 5.0
"""Seconds for each step, and twice as many for the whole answer."""
LARGEST_ANSWER = 64 << 10


class OutgoingError(KeyAccountError):
    """It did not go out."""


def check_address(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that may be written to. Asks no name server.

    Raises OutgoingError `robot.address`.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise OutgoingError("robot.address") from error
    schemes = ("https", "http") if settings.ALLOW_LOCAL_ROBOTS else ("https",)
    has_odd_characters = any(not 0x20 < ord(character) < 0x7F for character in address)
    if parts.scheme not in schemes or not parts.hostname or parts.username is not None or has_odd_characters:
        raise OutgoingError("robot.address")
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def public_address(host: str, port: int) -> str:
    """The address to connect to.

    Raises OutgoingError `robot.unknown_host`, `robot.private_host`.
    """
    try:
        told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutgoingError("robot.unknown_host", host=host) from error
    addresses = [str(one[4][0]) for one in told]
    if not settings.ALLOW_LOCAL_ROBOTS and not all(is_public(one) for one in addresses):
        raise OutgoingError("robot.private_host", host=host)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether it lies on the open internet, an IPv4 address within an IPv6 one too."""
    try:
        told = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(told, ipaddress.IPv6Address):
        inner = told.ipv4_mapped or told.sixtofour or (told.teredo[1] if told.teredo else None)
        if told in _NAT64:
            inner = ipaddress.IPv4Address(told.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
    return told.is_global and not told.is_multicast


def post(address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Post, and give status and content of the answer, whatever it is.

    Raises OutgoingError `robot.address`, `robot.unknown_host`, `robot.private_host`, `robot.unreachable`; `robot.answer` where
    it does not end.
    """
    scheme, host, port = check_address(address)
    parts = urlsplit(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(host, port, public_address(host, port), secure=scheme == "https")
    deadline = time.monotonic() + 2 * TIMEOUT
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        told = b""
        while chunk := answer.read1(4096):
            told += chunk
            if len(told) > LARGEST_ANSWER or time.monotonic() > deadline:
                raise OutgoingError("robot.answer", host=host, status=answer.status)
    except (OSError, http.client.HTTPException) as error:
        raise OutgoingError("robot.unreachable", host=host, reason=type(error).__name__) from None
    finally:
        connection.close()
    return answer.status, told


def post_json(address: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post, and give the answer, which is a JSON object.

    Raises OutgoingError: those of `post`, and `robot.answer` for any other answer.
    """
    text = json.dumps(body, ensure_ascii=False).encode()
    status, told = post(address, text, {"Content-Type": "application/json"})
    try:
        parsed = json.loads(told)
    except ValueError:
        parsed = None
    if status != 200 or not isinstance(parsed, dict):
        raise OutgoingError("robot.answer", host=check_address(address)[1], status=status)
    return parsed


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, in the name of its host."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.address = address
        self.context = ssl.create_default_context() if secure else None

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), TIMEOUT)
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)
