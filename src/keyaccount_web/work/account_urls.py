"""Addresses of daily work below an account's."""

from django.urls import path

from keyaccount_web.work.views import activity, files, freshness, tags

urlpatterns = [
    path("activity/", activity.activity, name="account_activity"),
    path("files/", files.files, name="account_files"),
    path("tags/", tags.add, name="account_tag_add"),
    path("tags/<int:tag>/remove/", tags.remove, name="account_tag_remove"),
    path("freshness/confirm/", freshness.confirm, name="freshness_confirm"),
    path("freshness/edit/", freshness.edit, name="freshness_edit"),
]
