"""A bare Django page of 50 rows, the rival of `benchmarks/web.py`: session, user, filter, count, and a table; nothing else.

Run by that benchmark: `python -m granian --interface wsgi bare:application`, with BARE_HOME naming a folder for its SQLite file.
"""

import os
from pathlib import Path

import django
from django.conf import settings

HOME = Path(os.environ["BARE_HOME"])

settings.configure(
    SECRET_KEY="bare",  # noqa: S106 - of a benchmark
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bare",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "bare.sqlite3",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL;"},
        }
    },
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Template  # noqa: E402
from django.urls import path  # noqa: E402

PAGE = Template("""<!doctype html><title>Companies</title><p>{{ user.username }}: {{ count }}</p><table>
{% for one in rows %}<tr><td><a href="/{{ one.pk }}/">{{ one.name }}</a></td><td>{{ one.region }}</td><td>{{ one.sales }}</td></tr>
{% endfor %}</table>""")


class Company(models.Model):
    """A row of the bare list."""

    name = models.CharField(max_length=200)
    region = models.CharField(max_length=60, db_index=True)
    sales = models.DecimalField(max_digits=18, decimal_places=2, db_index=True)

    class Meta:
        app_label = "bare"


def companies(request: HttpRequest) -> HttpResponse:
    """Fifty rows of those of the region asked for, and how many there are."""
    found = Company.objects.all()
    if request.GET.get("region"):
        found = found.filter(region=request.GET["region"])
    rows = found.order_by("-sales")[:50]
    return HttpResponse(PAGE.render(Context({"user": request.user, "rows": rows, "count": found.count()})))


def fill(n: int) -> str:
    """Tables, a user, `n` companies. Gives the session cookie of the user."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Company)
    Company.objects.bulk_create(
        (Company(name=f"客户{i}", region=f"区{i % 20}", sales=i * 7919 % 1_000_003) for i in range(n)),
        batch_size=1000,
    )
    user = User.objects.create_user("bare")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


urlpatterns = [path("", companies)]
application = get_wsgi_application()
