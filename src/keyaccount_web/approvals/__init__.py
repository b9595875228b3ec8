"""Approvals: what one person asks for and another decides, with four eyes (R2)."""
