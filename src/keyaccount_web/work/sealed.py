"""How is a secret kept so that whoever reads the database alone cannot use it? Sealed with the app's own key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    """Nothing stays nothing."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str | None:
    """None: it was sealed with another key, so it must be entered again."""
    if not sealed:
        return ""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _cipher() -> MultiFernet:
    """Seals with the key of now, opens with those of before, too."""
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"keyaccount.work.sealed" + key.encode()).digest()))
        for key in keys
    )
