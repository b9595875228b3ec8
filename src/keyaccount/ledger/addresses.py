"""How is the address of a database shown without giving its password away?"""

from urllib.parse import urlsplit, urlunsplit


def masked(address: str) -> str:
    """A database's address without user, password and options."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", ""))
