"""The outlets of an account: what each sells, at which prices, what it pushes, where it lies (K4)."""
