"""Addresses of duplicates, merges, and of making an account."""

from django.urls import path

from keyaccount_web.duplicates import entry, views

urlpatterns = [
    path("duplicates/", views.duplicates, name="duplicates"),
    path("duplicates/search/", views.start_search, name="duplicates_search"),
    path("duplicates/<int:pk>/decide/", views.decide, name="duplicates_decide"),
    path("duplicates/with/<int:pk>/", views.merge_with, name="merge_with"),
    path("duplicates/compare/<int:pk>/<int:other>/", views.compare, name="duplicates_compare"),
    path("duplicates/merges/", views.merges, name="merges"),
    path("duplicates/merges/<int:pk>/", views.merged, name="merged"),
    path("duplicates/merges/<int:pk>/undo/", views.undo_merge, name="merge_undo"),
    path("accounts/new/", entry.new, name="account_new"),
    path("accounts/similar/", entry.similar, name="accounts_similar"),
]
