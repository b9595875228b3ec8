"""Addresses of daily work that are no account's own."""

from django.urls import path
from django.views.generic import RedirectView

from keyaccount_web.work.views import comments, files, notifications, robots, tags, to_do

urlpatterns = [
    path("to-do/", to_do.to_dos, name="to_dos"),
    path("to-do/add/", to_do.add, name="to_do_add"),
    path("to-do/colleagues/", to_do.colleagues, name="to_do_colleagues"),
    path("to-do/<int:pk>/done/", to_do.done, name="to_do_done"),
    path("to-do/<int:pk>/drop/", to_do.drop, name="to_do_drop"),
    path("to-do/<int:pk>/reopen/", to_do.reopen, name="to_do_reopen"),
    path("to-do/<int:pk>/postpone/", to_do.postpone, name="to_do_postpone"),
    path("to-do/<int:pk>/change/", to_do.change, name="to_do_change"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications_read"),
    path("notifications/mail/", notifications.mail, name="notifications_mail"),
    path("notifications/<int:pk>/open/", notifications.open_one, name="notification_open"),
    path("comments/add/", comments.add, name="comment_add"),
    path("comments/mention/", comments.mention, name="comment_mention"),
    path("comments/<int:pk>/edit/", comments.edit, name="comment_edit"),
    path("comments/<int:pk>/remove/", comments.remove, name="comment_remove"),
    path("comments/<int:pk>/history/", comments.history, name="comment_history"),
    path("files/add/", files.add, name="file_add"),
    path("files/<int:pk>/", files.download, name="file"),
    path("files/<int:pk>/remove/", files.remove, name="file_remove"),
    path("files/<int:pk>/back/", files.back, name="file_back"),
    path("tags/", tags.tags, name="tags"),
    path("tags/bulk/", tags.bulk, name="tags_bulk"),
    path("tags/bulk/undo/", tags.bulk_undo, name="tags_bulk_undo"),
    path("tags/<int:pk>/change/", tags.change, name="tag_change"),
    path("robots/", robots.robots, name="robots"),
    path("robots/<int:pk>/test/", robots.test, name="robot_test"),
    path("robots/<int:pk>/switch/", robots.switch, name="robot_switch"),
    path("robots/<int:pk>/remove/", robots.remove, name="robot_remove"),
    path("robots/messages/<int:pk>/again/", robots.again, name="delivery_again"),
    # Where the settings of daily work used to be.
    path("to-do/settings/", RedirectView.as_view(pattern_name="settings")),
]
