"""What a catalogue is. Standard library only, no input or output."""
