"""What tells the audit log of sign-ins, and of the records that a request changes?"""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from simple_history.signals import post_create_historical_record

from keyaccount_web.access.models import User
from keyaccount_web.audit.middleware import changes
from keyaccount_web.audit.models import Entry


def _signed_in(sender: Any, request: Any, user: Any, **_: Any) -> None:  # noqa: ARG001 - the signal's words
    if request is not None:
        request.audit_kind = Entry.Kind.SIGNED_IN


def _signed_out(sender: Any, request: Any, user: Any, **_: Any) -> None:  # noqa: ARG001
    if request is not None and user is not None:
        request.audit_kind = Entry.Kind.SIGNED_OUT


def _failed(sender: Any, credentials: Any, request: Any = None, **_: Any) -> None:  # noqa: ARG001
    if request is None:
        return
    request.audit_kind = Entry.Kind.FAILED
    # Only a name that is somebody's: people type passwords into the wrong field.
    tried = str(credentials.get("username") or credentials.get("email") or "")
    known = User.objects.filter(username__iexact=tried).values_list("username", flat=True).first()
    request.audit_detail = {"tried": known} if known else {}


def _changed(sender: Any, instance: Any, history_instance: Any, **_: Any) -> None:  # noqa: ARG001
    noted = changes.get()
    if noted is not None:
        noted.append([instance._meta.label_lower, instance.pk, history_instance.history_type])


user_logged_in.connect(_signed_in, dispatch_uid="keyaccount.audit.in")
user_logged_out.connect(_signed_out, dispatch_uid="keyaccount.audit.out")
user_login_failed.connect(_failed, dispatch_uid="keyaccount.audit.failed")
post_create_historical_record.connect(_changed, dispatch_uid="keyaccount.audit.changed")
