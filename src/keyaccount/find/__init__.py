"""Which customers are key accounts? From the rollup of a ledger to the list with its reasons (F1–F4, F8, F9)."""
