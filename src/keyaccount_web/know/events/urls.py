"""Addresses of events, support, gifts and the calendar."""

from django.urls import path

from keyaccount_web.know.events import views
from keyaccount_web.know.events.listings import GIFTS, OCCASIONS
from keyaccount_web.lists.views import export_view, list_view

urlpatterns = [
    path("accounts/<int:pk>/events/", views.account_events, name="account_events"),
    path("accounts/<int:pk>/events/new/", views.keep_occasion, name="occasion_new"),
    path("accounts/<int:pk>/events/<int:record_id>/", views.keep_occasion, name="occasion_change"),
    path("accounts/<int:pk>/events/<int:record_id>/remove/", views.remove_occasion, name="occasion_remove"),
    path("accounts/<int:pk>/gifts/new/", views.new_gift, name="gift_new"),
    path("events/", list_view(OCCASIONS), name="events"),
    path("events/export/", export_view(OCCASIONS), name="events_export"),
    path("events/calendar/", views.own_calendar, name="own_calendar"),
    path("events/<int:pk>/", views.occasion, name="occasion"),
    path("events/<int:pk>/support/", views.new_support, name="support_new"),
    path("events/support/<int:pk>/", views.support, name="support"),
    path("gifts/", list_view(GIFTS), name="gifts"),
    path("gifts/export/", export_view(GIFTS), name="gifts_export"),
    path("gifts/<int:pk>/", views.gift, name="gift"),
    path("calendar/<str:key>.ics", views.calendar_feed, name="calendar_feed"),
]
