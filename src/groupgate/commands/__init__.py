"""What it takes to change something: checks first, all of them, then the writes."""
