"""Tests of the explorer in Chromium. A package, because they share one browser."""
