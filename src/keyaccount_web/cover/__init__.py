"""The chapter Cover: who serves whom, how often, with what (C1–C8, L1)."""
