"""What each vendor means: a folder each, the same files, the same names."""
