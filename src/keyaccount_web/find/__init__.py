"""Find: which customers are key accounts? The pages of the chapter (F1–F9)."""
