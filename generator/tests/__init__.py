"""The generator's own tests; those of the pack are in tests/."""
