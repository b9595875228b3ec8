"""How does a sales ledger come in: read, mapped, checked, refused row by row with the reason?"""
