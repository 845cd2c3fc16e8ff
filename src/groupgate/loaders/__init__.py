"""Many asks become few: dataloaders that live for one request."""
