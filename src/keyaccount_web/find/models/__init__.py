"""Records of the chapter Find, one module per subject."""
