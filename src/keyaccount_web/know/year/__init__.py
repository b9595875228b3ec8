"""The customer's own year: its plan and targets, how its departments are assessed, how it buys (K3)."""
