"""A place to try the pack without StackStorm, a Docker Engine or a switch; never imported by it."""
