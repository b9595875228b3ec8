"""Every calculation kept: with settings, imports, snapshot, version and user, so that it can be had again."""
