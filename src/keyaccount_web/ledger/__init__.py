"""What is in the ledger, and how did it get there?"""
