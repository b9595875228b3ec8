"""Which accounts are one and the same, and how do they become one? (K9)"""
