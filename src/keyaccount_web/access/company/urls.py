"""allauth asks each provider for addresses; ours are two for all services, in `access.sign_in_urls`."""
