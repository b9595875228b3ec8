"""Addresses of the chapter Find."""

from django.urls import path

from keyaccount_web.find import (
    kind_views,
    views,
    views_concentration,
    views_costs,
    views_department,
    views_documents,
    views_field,
    views_lists,
    views_plans,
    views_published,
    views_try,
)
from keyaccount_web.find.kind_listing import KIND_LIST
from keyaccount_web.find.listings import POTENTIAL
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", views.find, name="find"),
    path("concentration/", views_concentration.concentration, name="concentration"),
    path(
        "concentration/accounts/", views_concentration.concentration_accounts, name="concentration_accounts"
    ),
    path("field/", views_field.field, name="field"),
    path("field/accounts/", views_field.field_accounts, name="field_accounts"),
    path("department/", views_department.department, name="department"),
    path("lists/", views_lists.key_lists, name="key_lists"),
    path("lists/new/", views_lists.key_list_new, name="key_list_new"),
    path("lists/<int:pk>/", views_lists.key_list, name="key_list"),
    path("lists/<int:pk>/seen/", views_lists.key_list_seen, name="key_list_seen"),
    path("lists/<int:pk>/decide/", views_lists.key_list_decide, name="key_list_decide"),
    path("lists/<int:pk>/say/", views_lists.key_list_say, name="key_list_say"),
    path("lists/<int:pk>/say/<int:comment_pk>/back/", views_lists.key_list_unsay, name="key_list_unsay"),
    path("lists/<int:pk>/add/", views_lists.key_list_add, name="key_list_add"),
    path("lists/<int:pk>/review/", views_lists.key_list_review, name="key_list_review"),
    path("lists/<int:pk>/drop/", views_lists.key_list_drop, name="key_list_drop"),
    path("lists/entries/<int:pk>/", views_lists.list_entry, name="list_entry"),
    path("lists/<int:pk>/publish/", views_published.key_list_publish, name="key_list_publish"),
    path("lists/<int:pk>/except/", views_published.key_list_except, name="key_list_except"),
    path("lists/<int:pk>/mid-year/", views_published.key_list_mid_year, name="key_list_mid_year"),
    path("lists/<int:pk>/mid-year/run/", views_published.key_list_mid_year_run, name="key_list_mid_year_run"),
    path("lists/<int:pk>/year/", views_published.key_list_year, name="key_list_year"),
    path("lists/<int:pk>/year/products/", views_published.key_list_products, name="key_list_products"),
    path("lists/<int:pk>/prove/", views_published.key_list_prove, name="key_list_prove"),
    path("lists/<int:pk>/proof/<int:run_pk>/", views_published.key_list_proof, name="key_list_proof"),
    path("lists/<int:pk>/document/", views_published.key_list_document, name="key_list_document"),
    path(
        "lists/<int:pk>/make/<str:ending>/",
        views_documents.have_list_document_made,
        name="list_document_make",
    ),
    path("lists/<int:pk>/list.<str:ending>", views_documents.list_document, name="list_document"),
    path("try/", views_try.try_settings, name="find_try"),
    path("try/keep/", views_try.keep, name="find_try_keep"),
    path("cost-to-serve/", list_view(views_costs.COSTS), name="costs_to_serve"),
    path("cost-to-serve/export/", export_view(views_costs.COSTS), name="costs_to_serve_export"),
    path("cost-to-serve/import/", views_costs.bring, name="costs_to_serve_import"),
    path("cost-to-serve/refused/", views_costs.refused, name="costs_to_serve_refused"),
    path("cost-to-serve/new/", views_costs.new, name="cost_to_serve_new"),
    path("cost-to-serve/<int:pk>/", views_costs.cost, name="cost_to_serve"),
    path("kinds/", list_view(KIND_LIST), name="kinds"),
    path("kinds/export/", export_view(KIND_LIST), name="kinds_export"),
    path("kinds/again/", kind_views.again, name="kinds_again"),
    path("kinds/bulk/", kind_views.bulk, name="kinds_bulk"),
    path("kinds/bulk/<int:pk>/", kind_views.bulk_done, name="kinds_bulk_done"),
    path("kinds/bulk/<int:pk>/undo/", kind_views.bulk_undo, name="kinds_bulk_undo"),
    path("standing/<int:pk>/end/", kind_views.standing_end, name="standing_end"),
    path("potential/", list_view(POTENTIAL), name="potential"),
    path("potential/export/", export_view(POTENTIAL), name="potential_export"),
    path("plans/<int:pk>/", views_plans.plan, name="plan"),
    path("plans/<int:pk>/change/", views_plans.change, name="plan_change"),
    path("plans/<int:pk>/close/", views_plans.close, name="plan_close"),
    path("plans/<int:pk>/reopen/", views_plans.reopen, name="plan_reopen"),
    path("runs/<int:pk>/list.<str:ending>", views_documents.run_document, name="run_document"),
    path(
        "runs/<int:pk>/list.<str:ending>/make/",
        views_documents.have_run_document_made,
        name="run_document_make",
    ),
]
