"""The chapter of rivals at an account and the share of wallet (K6)."""
