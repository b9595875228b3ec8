"""Trying other settings of the list on the spot, before anything is kept (F7)."""
