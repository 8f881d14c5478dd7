"""Stand-in for the package of this name in StackStorm 3.9: see lab/standins/README.md."""
