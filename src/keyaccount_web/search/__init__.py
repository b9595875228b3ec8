"""Search over everything that one may see: names, pinyin, initials, codes, telephone and tax numbers."""
