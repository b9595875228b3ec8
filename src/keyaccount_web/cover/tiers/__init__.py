"""Channels and tiers as records: where every customer is, why, since when, who moved (C1, C2)."""
