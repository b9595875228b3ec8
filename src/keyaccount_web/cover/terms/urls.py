"""Addresses of inversions and terms."""

from django.urls import path

from keyaccount_web.cover.terms import views
from keyaccount_web.cover.terms.listings import INVERSIONS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("cover/inversions/", list_view(INVERSIONS), name="inversions"),
    path("cover/inversions/export/", export_view(INVERSIONS), name="inversions_export"),
    path("cover/inversions/aligning/", views.aligning, name="aligning"),
    path("cover/inversions/<int:pk>/", views.inversion, name="inversion"),
    path("accounts/<int:pk>/terms/new/", views.terms, name="terms_new"),
    path("accounts/<int:pk>/terms/<int:record_id>/", views.terms, name="terms"),
    path("accounts/<int:pk>/terms/<int:record_id>/remove/", views.terms_remove, name="terms_remove"),
]
