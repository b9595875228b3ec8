"""How is a secret kept so that whoever reads the database alone cannot use it? Sealed with the app's own key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


def seal(text: str) -> str:
    """Nothing stays nothing."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str | None:
    """None: it was sealed with another key, so it must be entered again."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    key = hashlib.sha256(b"keyaccount.work.sealed" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
