"""Configuration: where values come from, and the base class of the settings that check them."""
