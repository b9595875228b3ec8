"""Addresses of outlets."""

from django.urls import path

from keyaccount_web.know.outlets import views
from keyaccount_web.know.outlets.listings import OUTLETS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/outlets/", views.account_outlets, name="account_outlets"),
    path("accounts/<int:pk>/outlets/new/", views.edit, name="outlet_new"),
    path("accounts/<int:pk>/outlets/<int:outlet_id>/", views.outlet, name="outlet"),
    path("accounts/<int:pk>/outlets/<int:outlet_id>/edit/", views.edit, name="outlet_edit"),
    path("accounts/<int:pk>/outlets/<int:outlet_id>/<slug:name>/new/", views.part, name="outlet_part_new"),
    path(
        "accounts/<int:pk>/outlets/<int:outlet_id>/<slug:name>/<int:record_id>/",
        views.part,
        name="outlet_part",
    ),
    path(
        "accounts/<int:pk>/outlets/<int:outlet_id>/<slug:name>/<int:record_id>/remove/",
        views.remove,
        name="outlet_remove",
    ),
    path("outlets/", list_view(OUTLETS), name="outlets"),
    path("outlets/export/", export_view(OUTLETS), name="outlets_export"),
]
