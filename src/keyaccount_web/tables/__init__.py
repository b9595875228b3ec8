"""The one adapter: records and ledger become tables that meet the library's contracts, cut to what a user may see."""
