"""OpenID Connect: who does the company's own server say it is?

Code flow with PKCE; the id token's signature, issuer, audience, time and nonce are checked each time, and what `userinfo`
adds must be told of the same subject.
"""
# ruff: noqa: ARG002 - the signatures are allauth's and axes'

import json
import secrets
from typing import Any

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import HttpRequest, HttpResponse

from keyaccount_web.access.company.base import CompanyAdapter, CompanyProvider, identity

# Those by which a server signs with a key of its own; never `none`, never one that our secret would do for.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_SECONDS = 60
_WELL_KNOWN = "/.well-known/openid-configuration"


class OidcAdapter(CompanyAdapter):
    """Addresses come from the server's own description."""

    _told: dict[str, Any] | None = None

    @property
    def description(self) -> dict[str, Any]:
        if self._told is None:
            url: str = self.app.settings["server_url"]
            if "/.well-known/" not in url:
                url = url.rstrip("/") + _WELL_KNOWN
            self._told = self.ask("GET", url)
            for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(self._told.get(name), str):
                    raise OAuth2Error(f"{url}: {name} is missing")
        return self._told

    @property
    def authorize_url(self) -> str:
        told: str = self.description["authorization_endpoint"]
        return told

    @property
    def access_token_url(self) -> str:
        told: str = self.description["token_endpoint"]
        return told

    @property
    def basic_auth(self) -> bool:
        chosen = self.app.settings.get("token_auth_method")
        if chosen:
            return bool(chosen == "client_secret_basic")
        methods = self.description.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_post" not in methods

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        told = self._checked(kwargs["response"].get("id_token"))
        # RFC 9207: the answer of another server, told to us as this one's.
        if request.GET.get("iss", told["iss"]) != told["iss"]:
            raise OAuth2Error("iss of the answer is another server's")
        if "userinfo_endpoint" in self.description:
            more = self.ask(
                "GET",
                self.description["userinfo_endpoint"],
                headers={"Authorization": f"Bearer {token.token}"},
            )
            if more.get("sub") != told["sub"]:
                raise OAuth2Error("userinfo tells of another subject than the id token")
            told = more | told
        return self.sign_in_of(request, told)

    def _checked(self, id_token: Any) -> dict[str, Any]:
        """What the id token says, once it is sure that the server said it, now, to us, for this sign-in."""
        if not isinstance(id_token, str):
            raise OAuth2Error("id_token is missing")
        try:
            header = jwt.get_unverified_header(id_token)
            if header.get("alg") not in ALGORITHMS:
                raise OAuth2Error("id_token is signed by an algorithm that is not accepted")
            told: dict[str, Any] = jwt.decode(
                id_token,
                key=self._key(header),
                algorithms=[header["alg"]],
                audience=self.app.client_id,
                issuer=self.description["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, TypeError, ValueError, KeyError) as error:
            raise OAuth2Error(f"id_token: {type(error).__name__}") from error
        nonce = self.state.get("nonce")
        if not nonce or not secrets.compare_digest(str(told.get("nonce", "")).encode(), nonce.encode()):
            raise OAuth2Error("id_token: nonce of another sign-in")
        if isinstance(told["aud"], list) and len(told["aud"]) > 1 and told.get("azp") != self.app.client_id:
            raise OAuth2Error("id_token: given to another application")
        return told

    def _key(self, header: dict[str, Any]) -> Any:
        keys = [
            one
            for one in self.ask("GET", self.description["jwks_uri"]).get("keys", [])
            if isinstance(one, dict)
            and one.get("use", "sig") == "sig"
            and one.get("alg", header["alg"]) == header["alg"]
            and (one.get("kid") == header["kid"] if header.get("kid") else True)
        ]
        if len(keys) != 1:
            raise OAuth2Error("id_token: signed by a key that the server does not list")
        return jwt.PyJWK.from_json(json.dumps(keys[0]), algorithm=header["alg"]).key


class OidcProvider(CompanyProvider):
    """A server of the company's own: Keycloak, Authing, Entra ID, ADFS …"""

    id = "openid_connect"
    name = "OpenID Connect"
    oauth2_adapter_class = OidcAdapter
    pkce_enabled_default = True
    kept = ("name", "preferred_username", "email", "iss")

    def get_default_scope(self) -> list[str]:
        return ["openid", "profile", "email"]

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        params = {**self.get_auth_params(), "nonce": nonce}
        response: HttpResponse = super().redirect(request, process, auth_params=params, nonce=nonce, **kwargs)
        return response

    def extract_uid(self, data: dict[str, Any]) -> str:
        return identity(data, self.app.settings.get("uid_field", "sub"))

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        email = data.get("email")
        if not isinstance(email, str):
            return []
        # Some servers write the word; "false" must not count as true.
        verified = data.get("email_verified") in (True, "true")
        return [EmailAddress(email=email, verified=verified, primary=True)]
