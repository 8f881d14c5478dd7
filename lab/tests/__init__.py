"""The lab's own tests; those of the pack are in tests/."""
