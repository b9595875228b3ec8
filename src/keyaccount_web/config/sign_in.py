"""Which sign-in services does the company use? OIDC, DingTalk, Feishu and WeCom, each by a few lines in a JSON file.

[{"provider": "openid_connect", "id": "sso", "name": "公司账号", "client_id": "…", "secret": "…", "server_url": "https://…"},
 {"provider": "dingtalk", "name": "钉钉", "client_id": "…", "secret": "…", "corp_id": "ding…"},
 {"provider": "feishu", "name": "飞书", "client_id": "…", "secret": "…"},
 {"provider": "wecom", "name": "企业微信", "client_id": "企业 ID", "agent_id": "1000002", "secret": "…"}]

All of it is told in docs/en/sign-in.md. What is missing or misspelt is refused at the start, all of it at once.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_ALWAYS = {"provider", "client_id", "secret"}
_MAY = {"id", "name", "verified_email", "addresses"}
_NEEDED: dict[str, set[str]] = {
    "openid_connect": {"server_url"},
    "dingtalk": set(),
    "feishu": set(),
    "wecom": {"agent_id"},
}
_EXTRA: dict[str, set[str]] = {
    "openid_connect": {"scope", "uid_field", "token_auth_method", "auth_params"},
    "dingtalk": {"corp_id"},
    "feishu": {"scope", "uid_field", "tenant_key"},
    "wecom": {"scope"},
}
KNOWN = tuple(_NEEDED)
_HERE = ("localhost", "127.0.0.1", "::1")


def socialaccount_providers(file: str | None) -> dict[str, Any]:
    """The file as allauth wants it. Raises ValueError that lists everything that is wrong with it."""
    if not file:
        return {}
    try:
        services = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"KEYACCOUNT_SIGN_IN: {file} cannot be read as JSON: {error}") from error
    if not isinstance(services, list) or not all(isinstance(one, dict) for one in services):
        raise ValueError(f"KEYACCOUNT_SIGN_IN: {file} should be a list of services, [{{…}}, {{…}}]")
    problems = [f"service {n}: {told}" for n, one in enumerate(services, 1) for told in _problems(one)]
    ids = [one.get("id", one.get("provider")) for one in services]
    problems += [
        f"id {one!r} is used twice; give each service its own" for one in sorted(_twice(ids), key=str)
    ]
    if problems:
        raise ValueError(f"KEYACCOUNT_SIGN_IN: {file}\n- " + "\n- ".join(problems))
    providers: dict[str, Any] = {}
    for one in services:
        app = {
            "client_id": one["client_id"],
            "secret": one["secret"],
            "name": one.get("name", one["provider"]),
            "provider_id": one.get("id", one["provider"]),
            "settings": {
                key: value
                for key, value in one.items()
                if key not in ("provider", "id", "name", "client_id", "secret")
            },
        }
        providers.setdefault(one["provider"], {"APPS": []})["APPS"].append(app)
    return providers


def _problems(one: dict[str, Any]) -> Iterable[str]:
    provider = one.get("provider")
    if provider not in KNOWN:
        yield f"provider should be one of {', '.join(KNOWN)}; found {provider!r}"
        return
    needed = _ALWAYS | _NEEDED[provider]
    for key in sorted(needed):
        if not isinstance(one.get(key), str) or not one[key]:
            yield f"{key} is missing"
    for key in sorted(set(one) - needed - _MAY - _EXTRA[provider]):
        yield f"{key!r} is not known for {provider}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,28}", str(one.get("id", provider))):
        yield f"id should be small letters, digits, - and _, 29 at most; found {one.get('id')!r}"
    addresses = one.get("addresses", {})
    if not isinstance(addresses, dict):
        yield "addresses should be an object, name → address"
        addresses = {}
    for key, address in [("server_url", one.get("server_url")), *addresses.items()]:
        if address is not None and not _safe(str(address)):
            yield f"{key} should begin with https://; found {address!r}"


def _safe(address: str) -> bool:
    """By https, or on this very machine (a test)."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    )


def _twice(values: list[Any]) -> set[Any]:
    return {one for one in values if values.count(one) > 1}
