"""Settings of the web app, from the environment (12-factor); without any it runs on this machine from the data folder.

What each variable means stands in messages/environment.toml, from which docs/en/reference/environment.md is made.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from keyaccount.home import home
from keyaccount_web.config.sign_in import socialaccount_providers

HOME = home()
PACKAGE = Path(__file__).resolve().parents[1]


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes")


def _secret_key() -> str:
    """The given one, else one that is made once and only its owner may read."""
    if given := os.environ.get("KEYACCOUNT_SECRET_KEY"):
        return given
    file = HOME / "secret-key"
    if not file.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(50))
    return file.read_text(encoding="utf-8")


def _databases() -> dict[str, Any]:
    if os.environ.get("DATABASE_URL"):
        return {"default": dj_database_url.config(conn_max_age=600, conn_health_checks=True)}
    HOME.mkdir(parents=True, exist_ok=True)
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "records.sqlite3",
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                # One writer at a time who waits for its turn, readers who never wait.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;",
            },
        }
    }


DEBUG = _flag("KEYACCOUNT_DEBUG")
HTTPS = _flag("KEYACCOUNT_HTTPS")
SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("KEYACCOUNT_OLD_SECRET_KEYS", "").split(",") if key]
ALLOWED_HOSTS = os.environ.get("KEYACCOUNT_HOSTS", "localhost,127.0.0.1,[::1]").replace(",", " ").split()
CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in ALLOWED_HOSTS if "*" not in name]

INSTALLED_APPS = [
    # First, so that their templates take the places of allauth's.
    "keyaccount_web.access",
    "keyaccount_web.api",
    "keyaccount_web.approvals",
    "keyaccount_web.audit",
    "keyaccount_web.company",
    # Tiers come before what is due, which asks for them.
    "keyaccount_web.cover.tiers",
    "keyaccount_web.cover.border",
    "keyaccount_web.cover",
    "keyaccount_web.cover.terms",
    "keyaccount_web.cover.staffing",
    "keyaccount_web.imports",
    "keyaccount_web.duplicates",
    "keyaccount_web.find",
    "keyaccount_web.know",
    "keyaccount_web.know.needs",
    "keyaccount_web.know.rivals",
    "keyaccount_web.know.structure",
    "keyaccount_web.know.events",
    "keyaccount_web.know.year",
    "keyaccount_web.know.outlets",
    "keyaccount_web.know.plans",
    "keyaccount_web.know.profile",
    "keyaccount_web.ledger",
    "keyaccount_web.lists",
    "keyaccount_web.operate",
    "keyaccount_web.runs",
    "keyaccount_web.schedule",
    "keyaccount_web.search",
    "keyaccount_web.shell",
    "keyaccount_web.work",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
    "ninja",
    "axes",
    "simple_history",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "keyaccount_web.access.company",
]

MIDDLEWARE = [
    "keyaccount_web.operate.middleware.Around",
    "keyaccount_web.operate.middleware.ForMachines",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "keyaccount_web.access.middleware.ReaderLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "keyaccount_web.access.middleware.AtRest",
    # Every page asks for a sign-in but those that say otherwise.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "keyaccount_web.access.middleware.ActingAs",
    "keyaccount_web.audit.middleware.Audit",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "keyaccount_web.access.middleware.SecondFactor",
    "axes.middleware.AxesMiddleware",
    "keyaccount_web.shell.middleware.SaidInWords",
]

ROOT_URLCONF = "keyaccount_web.config.urls"
WSGI_APPLICATION = "keyaccount_web.config.wsgi.application"
DATABASES = _databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "DIRS": [],
        "OPTIONS": {
            # Cotton and partials each rewrite the loaders; named by hand both work.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "keyaccount_web.shell.templatetags.pages",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "keyaccount_web.shell.context.page",
            ],
        },
    }
]
COTTON_DIR = "components"

# Languages: every text of ours stands in messages/*.toml; Django's own forms speak the same two.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("TZ", "Asia/Shanghai")

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "keyaccount_web.config.static_files.GzippedFiles"},
}
MEDIA_ROOT = HOME / "files"

# Sign-in
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "keyaccount_web.access.sign_in.PasswordBackend",
    # Only so that sessions of its name hold: the one before it never lets a wrong password get this far.
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "keyaccount_web.access.passwords.UnlikeTheUser"},
    {"NAME": "keyaccount_web.access.passwords.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "keyaccount_web.access.passwords.NotCommon"},
    {"NAME": "keyaccount_web.access.passwords.NotOfTheCompany"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_ADAPTER = "keyaccount_web.access.sign_in.Adapter"
ACCOUNT_FORMS = {"reset_password": "keyaccount_web.access.sign_in.ResetPasswordForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to addresses of strangers, at anybody's wish
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
# A whole company may come from one address; what is guessed is counted by axes.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip"}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are entered by administrators
MFA_ADAPTER = "keyaccount_web.access.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "keyaccount_web.access.sign_in.AuthenticateForm",
    "reauthenticate": "keyaccount_web.access.sign_in.ReauthenticateForm",
    "add_webauthn": "keyaccount_web.access.sign_in.AddPasskeyForm",
    "login_webauthn": "keyaccount_web.access.sign_in.LoginPasskeyForm",
    "authenticate_webauthn": "keyaccount_web.access.sign_in.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "keyaccount_web.access.sign_in.ReauthenticatePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "keyaccount"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False  # a page that is only read must not write
SOCIALACCOUNT_ADAPTER = "keyaccount_web.access.sign_in.CompanyAdapter"
SOCIALACCOUNT_PROVIDERS = socialaccount_providers(os.environ.get("KEYACCOUNT_SIGN_IN"))
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
# How many proxies of the company's own stand before the app; more is not believed of X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("KEYACCOUNT_PROXIES", "0"))
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "keyaccount_web.access.sign_in.locked_out"
AXES_USERNAME_CALLABLE = "keyaccount_web.access.sign_in.counted_name"
AXES_CLIENT_IP_CALLABLE = "keyaccount_web.access.sign_in.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["login", "password", "code", "credential", "oldpassword"]
REQUIRE_SECOND_FACTOR = not _flag("KEYACCOUNT_NO_SECOND_FACTOR")

# The prefix: browsers take such a cookie by https only, for this host and all of it.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
SESSION_COOKIE_AGE = 12 * 3600
REST_MINUTES = int(os.environ.get("KEYACCOUNT_REST_MINUTES", "0"))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_USE_SESSIONS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # The tooltips of charts set their own styles; no script may.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
FILE_UPLOAD_HANDLERS = [
    "keyaccount_web.imports.limits.LimitedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
UPLOAD_LIMIT = int(os.environ.get("KEYACCOUNT_UPLOAD_MB", "200")) << 20
API_PER_MINUTE = int(os.environ.get("KEYACCOUNT_API_PER_MINUTE", "600"))
IMPORT_DAYS = int(os.environ.get("KEYACCOUNT_IMPORT_DAYS", "30"))

TASKS = {
    "default": {
        "BACKEND": os.environ.get("KEYACCOUNT_TASKS", "django_tasks_db.DatabaseBackend"),
        "QUEUES": [],
    }
}

_mail = urlsplit(os.environ.get("KEYACCOUNT_EMAIL_URL", ""))
if _mail.hostname:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = EMAIL_PORT == 587
else:
    # Mails hold links by which one comes in: they are shown to nobody but who builds the app.
    EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEBUG else 'dummy'}.EmailBackend"
EMAIL_TIMEOUT = 10  # seconds; a server that takes the call and says nothing must not hold up a worker
SITE_URL = os.environ.get("KEYACCOUNT_URL", f"http{'s' if HTTPS else ''}://{ALLOWED_HOSTS[0]}").rstrip("/")
BACKUP = os.environ.get("KEYACCOUNT_BACKUP", "")
BACKUP_KEEP = int(os.environ.get("KEYACCOUNT_BACKUP_KEEP", "14"))
AUDIT_DAYS = int(os.environ.get("KEYACCOUNT_AUDIT_DAYS", "730"))
AUDIT_SECONDS = 1  # so long what somebody only saw may wait to be written; tests write by hand
ALLOW_LOCAL_ROBOTS = _flag("KEYACCOUNT_LOCAL_ROBOTS")
DEFAULT_FROM_EMAIL = os.environ.get("KEYACCOUNT_EMAIL_FROM", "keyaccount@localhost")

METRICS_TOKEN = os.environ.get("KEYACCOUNT_METRICS_TOKEN", "")

_log_format = os.environ.get("KEYACCOUNT_LOG", "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} [{request_id}]: {message}", "style": "{"},
        "json": {"()": "keyaccount_web.config.logs.AsJson"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if _log_format == "json" else "plain",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": os.environ.get("KEYACCOUNT_LOG_LEVEL", "WARNING").upper()},
    "filters": {
        "without_tokens": {"()": "keyaccount_web.config.logs.WithoutTokens"},
        "refusals": {"()": "keyaccount_web.config.logs.RefusalsInOneLine"},
        "request_id": {"()": "keyaccount_web.config.logs.WithRequestId"},
    },
    "loggers": {
        **{
            name: {"filters": ["without_tokens", "refusals"]}
            for name in ("django.request", "django.security.csrf")
        },
        # A line for each request, task and seal, where a machine reads them.
        **{
            name: {"level": "INFO"}
            for name in ("keyaccount.request", "keyaccount.audit", "django_tasks")
            if _log_format == "json"
        },
    },
}
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
