"""One file per account: who they are, who serves them, what they buy."""
