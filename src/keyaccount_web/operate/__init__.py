"""How is it run for real: backed up, upgraded, looked after, measured?"""
