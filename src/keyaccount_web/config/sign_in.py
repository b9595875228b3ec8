"""Which sign-in services does the company use? OIDC, DingTalk, Feishu and WeCom, each by a few lines in a JSON file.

[{"provider": "openid_connect", "id": "sso", "name": "公司账号", "client_id": "…", "secret": "…", "server_url": "https://…"},
 {"provider": "dingtalk", "name": "钉钉", "client_id": "…", "secret": "…"}]
"""

import json
from pathlib import Path
from typing import Any

KNOWN = ("openid_connect", "dingtalk", "feishu", "wecom")


def socialaccount_providers(file: str | None) -> dict[str, Any]:
    """The file as allauth wants it. Raises ValueError for a service that is not known."""
    services = json.loads(Path(file).read_text(encoding="utf-8")) if file else []
    providers: dict[str, Any] = {}
    for service in services:
        provider = service["provider"]
        if provider not in KNOWN:
            raise ValueError(f"{file}: provider should be one of {', '.join(KNOWN)}; found {provider!r}")
        app = {
            "client_id": service["client_id"],
            "secret": service["secret"],
            "name": service.get("name", provider),
            "provider_id": service.get("id", provider),
            "settings": {
                key: value
                for key, value in service.items()
                if key not in ("provider", "id", "name", "client_id", "secret")
            },
        }
        providers.setdefault(provider, {"APPS": []})["APPS"].append(app)
    return providers
