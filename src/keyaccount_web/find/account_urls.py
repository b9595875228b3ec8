"""Addresses of this chapter under those of an account."""

from django.urls import path

from keyaccount_web.find import views_plans, views_potential

urlpatterns = [
    path("potential/", views_potential.account_potential, name="account_potential"),
    path("potential/plan/", views_plans.new_plan, name="plan_new"),
]
