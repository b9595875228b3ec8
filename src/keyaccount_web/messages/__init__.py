"""Texts of the pages, Chinese and English side by side."""
