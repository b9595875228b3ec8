"""The yearly plan of a key account: charter, goals, actions, what was agreed with the customer (K8)."""
