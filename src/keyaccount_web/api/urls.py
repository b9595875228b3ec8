"""Addresses of the API, and of the pages on tokens, webhooks and how to use it."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, include, path, re_path

from keyaccount_web.api import views
from keyaccount_web.api.guard import guarded, nothing_here
from keyaccount_web.api.main import api

_endpoints, _app, _namespace = api.urls
for one in _endpoints:
    if isinstance(one, URLPattern):
        # The schema tells nothing of anybody; programs that are made of it need no token yet.
        is_open = one.name in ("openapi-json", "api-root")
        one.callback = login_not_required(one.callback) if is_open else guarded(one.callback)

urlpatterns = [
    path("api/v1/", include((_endpoints, _app), namespace=_namespace)),
    path("api/docs/", views.docs, name="api_docs"),
    re_path(r"^api/v1/(?P<rest>.*)$", nothing_here, name="api_nothing"),
    path("people/me/tokens/", views.tokens, name="tokens"),
    path("people/<int:pk>/tokens/", views.tokens_of, name="tokens_of"),
    path("people/tokens/<int:pk>/revoke/", views.revoke_token, name="token_revoke"),
    path("people/me/webhooks/", views.webhooks, name="webhooks"),
    path("people/me/webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("people/me/webhooks/<int:pk>/ping/", views.ping_webhook, name="webhook_ping"),
    path("people/me/webhooks/<int:pk>/switch/", views.switch_webhook, name="webhook_switch"),
    path("people/me/webhooks/<int:pk>/remove/", views.remove_webhook, name="webhook_remove"),
    path("people/me/webhooks/messages/<int:pk>/again/", views.send_again, name="webhook_again"),
]
