"""The chapter of a customer's needs (K5)."""
