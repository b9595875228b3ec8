"""Who saw, exported, changed what, and can anybody have altered that afterwards? (R4)"""
