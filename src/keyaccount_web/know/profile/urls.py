"""Addresses of an account's profile."""

from django.urls import path

from keyaccount_web.know.profile import views

urlpatterns = [
    path("accounts/<int:pk>/profile/", views.account_profile, name="account_profile"),
    path("accounts/<int:pk>/profile/<slug:name>/new/", views.record, name="profile_new"),
    path("accounts/<int:pk>/profile/<slug:name>/<int:record_id>/", views.record, name="profile_record"),
    path(
        "accounts/<int:pk>/profile/<slug:name>/<int:record_id>/remove/", views.remove, name="profile_remove"
    ),
]
