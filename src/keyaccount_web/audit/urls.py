"""Addresses of the audit log."""

from django.urls import path

from keyaccount_web.audit.listings import AUDIT
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", list_view(AUDIT), name="audit"),
    path("export/", export_view(AUDIT), name="audit_export"),
]
