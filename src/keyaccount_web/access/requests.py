"""What is a request to a page that asks for a sign-in, as the middleware leaves it?"""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from keyaccount_web.access.models import ActingConsent, User


class Request(HttpRequest):
    """Only for its types: no such object is made."""

    user: User
    """In whose name it is asked."""
    acting: ActingConsent | None
    """By whose consent, where somebody of the support asks in it."""
    helper: User
    """That somebody; absent otherwise."""
    htmx: HtmxDetails
