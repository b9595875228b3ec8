"""The chapter of events, support, gifts and the calendar feed (K7)."""
