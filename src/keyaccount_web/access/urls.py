"""Addresses of people, posts and invitations."""

from django.urls import path

from keyaccount_web.access import views

urlpatterns = [
    path("", views.people, name="people"),
    path("invite/", views.invite, name="invite"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("<int:pk>/switch/", views.switch, name="person_switch"),
    path("me/", views.me, name="me"),
    path("me/consent/", views.consent, name="consent"),
    path("me/consent/<int:pk>/withdraw/", views.withdraw, name="consent_withdraw"),
    path("act/<int:pk>/", views.act, name="act"),
    path("act/stop/", views.stop_acting, name="act_stop"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("language/", views.language, name="language"),
]
