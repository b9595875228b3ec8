"""Staffing: how many account managers the work asks for, plan by plan (C5)."""
