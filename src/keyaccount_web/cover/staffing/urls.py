"""Addresses of staffing."""

from django.urls import path

from keyaccount_web.cover.staffing import views

urlpatterns = [
    path("cover/staffing/", views.staffing, name="staffing"),
    path("cover/staffing/behind/", views.behind, name="staffing_behind"),
    path("cover/staffing/next/<int:number>/", views.next_manager, name="next_manager"),
    path("cover/staffing/quotas/", views.quotas, name="quotas"),
    path("cover/staffing/quotas/set/", views.quota, name="quota_set"),
    path("cover/staffing/managers/<int:pk>/", views.manager, name="manager_time"),
    path("cover/staffing/scenarios/", views.scenarios, name="scenarios"),
    path("cover/staffing/scenarios/new/", views.scenario_new, name="scenario_new"),
    path("cover/staffing/scenarios/compare/", views.compare, name="scenarios_compare"),
    path("cover/staffing/scenarios/<int:pk>/", views.scenario, name="scenario"),
    path("cover/staffing/scenarios/<int:pk>/repeat/", views.scenario_repeat, name="scenario_repeat"),
]
