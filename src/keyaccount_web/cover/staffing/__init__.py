"""Staffing: how many managers the work asks for, what one more is worth, scenarios kept as runs (C5)."""
