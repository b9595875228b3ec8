"""Layout, components and what every page needs."""
