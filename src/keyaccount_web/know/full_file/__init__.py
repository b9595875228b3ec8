"""How full and how fresh are the files of accounts? (K1, K9)"""
