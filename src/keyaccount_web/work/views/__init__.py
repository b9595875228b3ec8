"""Pages of daily work."""
