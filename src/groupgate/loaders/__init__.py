"""Dataloaders that batch the reads of one request."""
