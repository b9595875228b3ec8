"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import kind_views, views
from keyaccount_web.find.kind_listing import KIND_LIST
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", views.find, name="find"),
    path("kinds/", list_view(KIND_LIST), name="kinds"),
    path("kinds/export/", export_view(KIND_LIST), name="kinds_export"),
    path("kinds/again/", kind_views.again, name="kinds_again"),
    path("kinds/bulk/", kind_views.bulk, name="kinds_bulk"),
    path("kinds/bulk/<int:pk>/", kind_views.bulk_done, name="kinds_bulk_done"),
    path("kinds/bulk/<int:pk>/undo/", kind_views.bulk_undo, name="kinds_bulk_undo"),
    path("standing/<int:pk>/end/", kind_views.standing_end, name="standing_end"),
]
