"""Addresses of people, posts and invitations."""

from django.urls import path

from keyaccount_web.access import sign_in_views, views
from keyaccount_web.access.listings import PEOPLE
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("", list_view(PEOPLE), name="people"),
    path("export/", export_view(PEOPLE), name="people_export"),
    path("invite/", views.invite, name="invite"),
    path("<int:pk>/", views.person, name="person"),
    path("units/add/", views.add_unit, name="unit_add"),
    path("<int:pk>/posts/give/", views.give_post, name="post_give"),
    path("<int:pk>/posts/<int:post>/end/", views.end_post, name="post_end"),
    path("<int:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("<int:pk>/switch/", views.switch, name="person_switch"),
    path("me/", views.me, name="me"),
    path("me/consent/", views.consent, name="consent"),
    path("me/consent/<int:pk>/withdraw/", views.withdraw, name="consent_withdraw"),
    path("act/<int:pk>/", views.act, name="act"),
    path("act/stop/", views.stop_acting, name="act_stop"),
    path("<int:pk>/sign-in/", sign_in_views.person_sign_in, name="person_sign_in"),
    path("welcome/", sign_in_views.welcome_in, name="welcome_in"),
    path("welcome/<str:token>/", sign_in_views.welcome, name="welcome"),
    path("language/", views.language, name="language"),
]
