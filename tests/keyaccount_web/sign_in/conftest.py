"""Fixtures of the sign-in tests: one unit, an administrator, people with passwords; the second factor asked for, as in real use."""

import hashlib
import json
import threading
from types import SimpleNamespace

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from keyaccount_web.access.models import OrgUnit, User
from keyaccount_web.access.roles import Role
from keyaccount_web.access.services import add_user
from keyaccount_web.config.sign_in import socialaccount_providers

PASSWORD = "Haiyan-7-Kranich"  # noqa: S105 - of invented people
LOGIN, FACTOR, HOME = "/sign-in/login/", "/sign-in/2fa/", "/"


@pytest.fixture(autouse=True)
def _strict(_web_settings, settings, monkeypatch):
    """As a company runs it. Counters of allauth live in the cache, which no transaction rolls back."""
    settings.REQUIRE_SECOND_FACTOR = True
    cache.clear()
    # A test's transaction is never committed; within a request the commit comes before the session is saved.
    monkeypatch.setattr(transaction, "on_commit", lambda deed, **_: deed())


@pytest.fixture
def file(tmp_path, settings):
    """Writes KEYACCOUNT_SIGN_IN and has the app read it."""

    def written(*services: dict) -> None:
        path = tmp_path / "sign-in.json"
        path.write_text(json.dumps(list(services)), encoding="utf-8")
        settings.SOCIALACCOUNT_PROVIDERS = socialaccount_providers(str(path))

    return written


@pytest.fixture
def people(db):  # noqa: ARG001
    """ding: a manager; wang: another; admin: an administrator."""
    unit = OrgUnit.objects.create(code="HQ", name="总部", kind="headquarters")
    told = SimpleNamespace(unit=unit)
    for username, name, role in (
        ("ding", "丁一", Role.MANAGER),
        ("wang", "王二", Role.MANAGER),
        ("admin", "安三", Role.ADMINISTRATOR),
    ):
        user = add_user(username, name, email=f"{username}@qiming.example", role=role, unit=unit)
        user.set_password(PASSWORD)
        user.save()
        setattr(told, username, user)
    return told


def browser(lang: str = "zh", **told: object) -> Client:
    return Client(headers={"Accept-Language": lang}, **told)


def enter(client: Client, username: str = "ding", password: str = PASSWORD, **told: str):
    """By user name and password."""
    return client.post(LOGIN, {"login": username, "password": password, **told})


def set_up_app(client: Client, password: str = PASSWORD) -> str:
    """Set an authenticator app up by its pages, as somebody would. Gives its secret."""
    client.post(f"/sign-in/reauthenticate/?next={FACTOR}totp/activate/", {"password": password})
    page = client.get(f"{FACTOR}totp/activate/")
    assert page.status_code == 200, page.url
    secret = page.context["form"].secret
    answer = client.post(f"{FACTOR}totp/activate/", {"code": code(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    cache.clear()  # the code just used would be refused for half a minute
    return secret


def code(secret: str) -> str:
    """The six digits that an app shows now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def mails_sent() -> list:
    """What is in the outbox, once all mails are on their way."""
    from django.core import mail

    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(5)
    return mail.outbox


def signed_in(client: Client) -> User | None:
    """Whose session it is."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


class Passkey:
    """A passkey as a device has one: what it registers, and how it answers."""

    id = b"passkey-of-ding"

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def _data(self, *, verified: bool, registers: bool) -> AuthenticatorData:
        flags = AuthenticatorData.FLAG.UP
        if verified:
            flags |= AuthenticatorData.FLAG.UV
        about = None
        if registers:
            flags |= AuthenticatorData.FLAG.AT
            public = ES256.from_cryptography_key(self.key.public_key())
            about = AttestedCredentialData.create(bytes(16), self.id, public)
        return AuthenticatorData.create(hashlib.sha256(b"testserver").digest(), flags, 1, about or b"")

    def _credential(self, **response: object) -> dict:
        return {
            "clientExtensionResults": {"credProps": {"rk": True}},
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": response,
        }

    def registration(self) -> dict:
        client = CollectedClientData.create("webauthn.create", b"challenge", "http://testserver")
        told = AttestationObject.create("none", self._data(verified=True, registers=True), {})
        return self._credential(
            attestationObject=websafe_encode(told), clientDataJSON=websafe_encode(client), transports=["usb"]
        )

    def answer(self, challenge: str, user: User, *, verified: bool) -> dict:
        client = CollectedClientData.create("webauthn.get", challenge, "http://testserver")
        told = self._data(verified=verified, registers=False)
        signature = self.key.sign(bytes(told) + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=websafe_encode(client),
            authenticatorData=websafe_encode(told),
            signature=websafe_encode(signature),
            userHandle=websafe_encode(user_pk_to_url_str(user).encode()),
        )
