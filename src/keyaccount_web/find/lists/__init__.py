"""The yearly key account list: how it is proposed, reviewed, published, kept and compared (F7)."""
