"""What a company sets for itself: chapters register presets, one page shows and changes them."""
