"""Discount inversion: who below a key account gets better terms on the same goods (C4)."""
