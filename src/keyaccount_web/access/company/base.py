"""What do all sign-in services share? Two addresses, a state that is used once, and errors that name no secret."""
# ruff: noqa: ARG002 - the signatures are allauth's and axes'

from typing import Any, ClassVar

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from allauth.utils import build_absolute_uri
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException


class CompanyClient(OAuth2Client):  # type: ignore[misc]
    """Asks for no scope rather than for an empty one."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, Any]) -> str:
        url: str = super().get_redirect_url(authorization_url, scope, extra_params)
        return url if scope else url.replace("&scope=&", "&")


class CompanyAdapter(OAuth2Adapter):  # type: ignore[misc]
    """Talks to one service; its addresses can be others by `addresses` in the file."""

    client_class = CompanyClient
    ADDRESSES: ClassVar[dict[str, str]] = {}

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request)
        self.provider_id = provider_id
        self.state: dict[str, Any] = {}

    @property
    def app(self) -> SocialApp:
        return self.get_provider().app

    def address(self, name: str) -> str:
        told: str = self.app.settings.get("addresses", {}).get(name) or self.ADDRESSES[name]
        return told

    @property
    def authorize_url(self) -> str:
        return self.address("authorize")

    @property
    def access_token_url(self) -> str:
        return self.address("token")

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        told: str = build_absolute_uri(
            request, reverse("company_callback", args=[self.provider_id]), self.redirect_uri_protocol
        )
        return told

    def ask(self, method: str, url: str, **told: Any) -> dict[str, Any]:
        """The service's answer as an object. Addresses hold secrets in their queries, so that no error repeats one."""
        with get_adapter().get_requests_session() as session:
            response = session.request(method, url, allow_redirects=False, **told)
        host = url.split("?")[0]
        if response.status_code >= 300:
            raise OAuth2Error(f"{host}: status {response.status_code}{_reason(response)}")
        try:
            answer = response.json()
        except ValueError as error:
            raise OAuth2Error(f"{host}: the answer is no JSON") from error
        if not isinstance(answer, dict):
            raise OAuth2Error(f"{host}: the answer is no object")
        return answer

    def sign_in_of(self, request: HttpRequest, told: dict[str, Any]) -> SocialLogin:
        try:
            return self.get_provider().sociallogin_from_response(request, told)
        except (KeyError, ValueError, TypeError) as error:
            raise OAuth2Error(f"{self.provider_id}: who it is is missing in the answer") from error

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Nothing is kept of it."""
        return SocialToken(token=data.get("access_token", ""))


class CompanyProvider(OAuth2Provider):  # type: ignore[misc]
    """A service by its id in the file; nothing of the request changes what it is asked."""

    account_class = ProviderAccount
    oauth2_adapter_class = CompanyAdapter
    kept: ClassVar[tuple[str, ...]] = ("name",)
    """What is stored of an answer, for administrators to see whose account it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = self.app.name

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("company_sign_in", args=[self.app.provider_id])

    def get_callback_url(self) -> str:
        return reverse("company_callback", args=[self.app.provider_id])

    def get_oauth2_adapter(self, request: HttpRequest) -> CompanyAdapter:
        return self.oauth2_adapter_class(request, self.app.provider_id)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """allauth lets the query choose process, scope and parameters; here it chooses where to go afterwards."""
        told = super().get_redirect_from_request_kwargs(request)
        kept = {"process": "login", "next_url": told.get("next_url")}
        if request.POST.get("invitation") and "welcome" in request.session:
            kept["data"] = {"invitation": request.session["welcome"]}
        return kept

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        """Off to the service, or to the page that says that it does not answer."""
        try:
            response: HttpResponse = super().redirect(request, process, **kwargs)
        except (OAuth2Error, RequestException) as error:
            response = render_authentication_error(request, self, exception=error)
        return response

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {key: data[key] for key in self.kept if key in data}


def identity(told: dict[str, Any], key: str) -> str:
    """The id under `key`; raises ValueError where there is none."""
    value = told[key]
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise ValueError(key)
    return str(value)


class _Callback(OAuth2CallbackView):  # type: ignore[misc]
    def _get_state(self, request: HttpRequest, provider: CompanyProvider) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


def _adapter(request: HttpRequest, provider_id: str) -> CompanyAdapter:
    try:
        provider = get_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    if provider.app.provider_id != provider_id or not isinstance(provider, CompanyProvider):
        raise Http404
    return provider.get_oauth2_adapter(request)


@login_not_required  # type: ignore[untyped-decorator]
def sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the service; asked for by POST, so that no link of a stranger begins it."""
    response: HttpResponse = OAuth2LoginView.adapter_view(_adapter(request, provider_id))(request)
    return response


@login_not_required  # type: ignore[untyped-decorator]
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the service."""
    response: HttpResponse = _Callback.adapter_view(_adapter(request, provider_id))(request)
    # The code in this address is used up; nobody need be told of it all the same.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _reason(response: Any) -> str:
    """The service's own error code, where it tells one."""
    try:
        told = response.json()
    except ValueError:
        return ""
    code = told.get("error") or told.get("code") or told.get("errcode") if isinstance(told, dict) else None
    return f", {str(code)[:60]}" if code else ""
