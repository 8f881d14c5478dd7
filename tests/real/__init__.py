"""Tests against real parts; they skip, saying why, where those are missing."""
