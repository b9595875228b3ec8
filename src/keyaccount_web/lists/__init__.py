"""Lists: declared in a few lines, the same as page, part of a page, export and JSON."""
