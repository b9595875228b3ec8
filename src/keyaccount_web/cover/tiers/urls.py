"""Addresses of channels and tiers."""

from django.urls import path

from keyaccount_web.cover.tiers import views
from keyaccount_web.cover.tiers.listings import ACCOUNT_TIERS, TIER_MOVES
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("tiers/", views.tiers, name="tiers"),
    path("tiers/accounts/", list_view(ACCOUNT_TIERS), name="account_tiers"),
    path("tiers/accounts/export/", export_view(ACCOUNT_TIERS), name="account_tiers_export"),
    path("tiers/moves/", list_view(TIER_MOVES), name="tier_moves"),
    path("tiers/moves/export/", export_view(TIER_MOVES), name="tier_moves_export"),
    path("tiers/accounts/<int:pk>/", views.place, name="tier_place"),
    path("tiers/accounts/<int:pk>/remove/", views.take_back, name="tier_take_back"),
]
