"""Addresses of plans. What is about one account lies under it, so that the audit log names it."""

from django.urls import path

from keyaccount_web.know.plans import views, views_approval, views_files, views_parts
from keyaccount_web.know.plans.listings import PLANS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/plan/", views.account_plan, name="account_plan"),
    path("accounts/<int:pk>/plan/start/", views.start, name="account_plan_start"),
    path("accounts/<int:pk>/plan/file/", views_files.plan_file, name="account_plan_file"),
    path("accounts/<int:pk>/plan/logo/", views_files.logo, name="account_logo"),
    path("account-plans/", list_view(PLANS), name="account_plans"),
    path("account-plans/export/", export_view(PLANS), name="account_plans_export"),
    path("account-plans/<int:pk>/", views.open_plan, name="account_plan_open"),
    path("account-plans/<int:pk>/texts/", views.texts, name="account_plan_texts"),
    path("account-plans/<int:pk>/looked/", views.looked, name="account_plan_looked"),
    path("account-plans/<int:pk>/submit/", views_approval.submit, name="account_plan_submit"),
    path("account-plans/<int:pk>/editions/", views_approval.editions, name="account_plan_editions"),
    path("account-plans/<int:pk>/<slug:kind>/new/", views_parts.new, name="plan_part_new"),
    path("account-plans/parts/<slug:kind>/<int:pk>/", views_parts.change, name="plan_part"),
    path("account-plans/parts/<slug:kind>/<int:pk>/remove/", views_parts.remove, name="plan_part_remove"),
    path("account-plans/parts/<slug:kind>/<int:pk>/state/", views_parts.state, name="plan_part_state"),
]
