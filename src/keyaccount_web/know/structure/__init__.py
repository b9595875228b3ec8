"""Who is who at a customer's: reporting lines, buying roles, stance, and the map of influence (K2)."""
