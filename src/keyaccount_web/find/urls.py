"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import views, views_costs, views_try
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", views.find, name="find"),
    path("try/", views_try.try_settings, name="find_try"),
    path("try/keep/", views_try.keep, name="find_try_keep"),
    path("cost-to-serve/", list_view(views_costs.COSTS), name="costs_to_serve"),
    path("cost-to-serve/export/", export_view(views_costs.COSTS), name="costs_to_serve_export"),
    path("cost-to-serve/import/", views_costs.bring, name="costs_to_serve_import"),
    path("cost-to-serve/refused/", views_costs.refused, name="costs_to_serve_refused"),
    path("cost-to-serve/new/", views_costs.new, name="cost_to_serve_new"),
    path("cost-to-serve/<int:pk>/", views_costs.cost, name="cost_to_serve"),
]
