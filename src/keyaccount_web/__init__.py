"""The web app of keyaccount: what the library finds, for the people who work with it in a browser."""
