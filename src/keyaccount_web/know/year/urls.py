"""Addresses of the customer's year."""

from django.urls import path

from keyaccount_web.know.year import views
from keyaccount_web.know.year.listings import TARGETS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/year/", views.account_year, name="account_year"),
    path("accounts/<int:pk>/year/<slug:name>/new/", views.record, name="year_new"),
    path("accounts/<int:pk>/year/<slug:name>/<int:record_id>/", views.record, name="year_record"),
    path("accounts/<int:pk>/year/<slug:name>/<int:record_id>/remove/", views.remove, name="year_remove"),
    path("customer-targets/", list_view(TARGETS), name="customer_targets"),
    path("customer-targets/export/", export_view(TARGETS), name="customer_targets_export"),
]
