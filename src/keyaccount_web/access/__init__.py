"""Who is it, and what may they see? Users, posts, the organisation, and the one place that decides scope."""
