"""How is the web app put together? Settings from the environment, addresses, the server."""
