"""How does everything that the installation holds get to a safe place, and back?"""
