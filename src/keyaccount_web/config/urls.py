"""The addresses: each chapter brings its own."""

from django.urls import include, path

from keyaccount_web.imports.views_exports import account_records
from keyaccount_web.shell import views as shell

urlpatterns = [
    path("", shell.home, name="home"),
    path("", include("keyaccount_web.duplicates.urls")),
    path("", include("keyaccount_web.api.urls")),
    path("accounts/", include("keyaccount_web.know.urls")),
    path("accounts/<int:pk>/records.xlsx", account_records, name="account_records"),
    path("accounts/<int:pk>/", include("keyaccount_web.work.account_urls")),
    path("accounts/<int:pk>/", include("keyaccount_web.find.account_urls")),
    path("", include("keyaccount_web.know.needs.urls")),
    path("", include("keyaccount_web.know.rivals.urls")),
    path("", include("keyaccount_web.know.structure.urls")),
    path("", include("keyaccount_web.know.events.urls")),
    path("", include("keyaccount_web.know.year.urls")),
    path("", include("keyaccount_web.know.outlets.urls")),
    path("", include("keyaccount_web.know.plans.urls")),
    path("", include("keyaccount_web.know.profile.urls")),
    path("", include("keyaccount_web.work.urls")),
    path("approvals/", include("keyaccount_web.approvals.urls")),
    path("audit/", include("keyaccount_web.audit.urls")),
    path("cover/", include("keyaccount_web.cover.urls")),
    path("cover/", include("keyaccount_web.cover.tiers.urls")),
    path("cover/", include("keyaccount_web.cover.border.urls")),
    path("", include("keyaccount_web.cover.terms.urls")),
    path("", include("keyaccount_web.cover.staffing.urls")),
    path("find/", include("keyaccount_web.find.urls")),
    path("runs/", include("keyaccount_web.runs.urls")),
    path("imports/", include("keyaccount_web.imports.urls")),
    path("ledger/", include("keyaccount_web.ledger.urls")),
    path("lists/", include("keyaccount_web.lists.urls")),
    path("people/", include("keyaccount_web.access.urls")),
    path("search/", include("keyaccount_web.search.urls")),
    path("settings/", include("keyaccount_web.company.urls")),
    path("sign-in/", include("keyaccount_web.access.sign_in_urls")),
]
