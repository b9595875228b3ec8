"""The border between channels: how both sides are served, and trials of one team for both (C4)."""
