"""Where is the ledger kept between runs, how does it grow, and how is what was known on a day seen again? (R1, T2, K9)"""
