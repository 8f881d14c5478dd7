"""What the process of an action and the lab have agreed on (st2common/constants/action.py)."""

DELIMITER = "%%%%%~=~=~=************=~=~=~%%%%"
"""Stands before and after the result on an action's stdout."""

INVALID_STATUS_EXIT_CODE = 220
"""The exit status of an action that returned a tuple whose first item is no bool."""
