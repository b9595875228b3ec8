"""How do a company's files come in: the ledger, and its accounts, contacts, staff and groups?"""
