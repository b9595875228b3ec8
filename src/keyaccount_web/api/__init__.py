"""How does another program use what pages use? By endpoints under /api/v1/, with tokens; and it is told by webhooks what happened."""
