"""What an account is: its size, what it produces, its finances, its credit with us (K1)."""
