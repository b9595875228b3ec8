"""Addresses of needs and expectations."""

from django.urls import path

from keyaccount_web.know.needs import views
from keyaccount_web.know.needs.listings import NEEDS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/needs/", views.account_needs, name="account_needs"),
    path("accounts/<int:pk>/needs/new/", views.new_need, name="need_new"),
    path("accounts/<int:pk>/expectations/new/", views.expectation, name="expectation_new"),
    path("accounts/<int:pk>/expectations/<int:expectation_id>/", views.expectation, name="expectation"),
    path(
        "accounts/<int:pk>/expectations/<int:expectation_id>/remove/",
        views.remove_expectation,
        name="expectation_remove",
    ),
    path("needs/", list_view(NEEDS), name="needs"),
    path("needs/export/", export_view(NEEDS), name="needs_export"),
    path("needs/<int:pk>/", views.need, name="need"),
    path("needs/<int:pk>/change/", views.change_need, name="need_change"),
    path("needs/<int:pk>/move/", views.move_need, name="need_move"),
    path("needs/<int:pk>/voices/", views.add_voice, name="need_voice"),
]
