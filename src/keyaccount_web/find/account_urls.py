"""Addresses of Find that are of one account."""

from django.urls import path

from keyaccount_web.find import kind_views, views_bought, views_plans, views_potential

urlpatterns = [
    path("kinds/", kind_views.account_kinds, name="account_kinds"),
    path("kinds/decide/", kind_views.decide_one, name="kinds_decide"),
    path("kinds/standing/", kind_views.standing_add, name="standing_add"),
    path("bought-from/new/", views_bought.new, name="bought_from_new"),
    path("potential/", views_potential.account_potential, name="account_potential"),
    path("potential/plan/", views_plans.new_plan, name="plan_new"),
]
