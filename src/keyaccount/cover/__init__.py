"""Cover: who serves whom, how often, with how many people (C1–C5, L1)."""
