"""The names of the datastore's scopes (st2common/constants/keyvalue.py)."""

DATASTORE_PARENT_SCOPE = "st2kv"
SYSTEM_SCOPE = "system"
USER_SCOPE = "user"
FULL_SYSTEM_SCOPE = f"{DATASTORE_PARENT_SCOPE}.{SYSTEM_SCOPE}"
FULL_USER_SCOPE = f"{DATASTORE_PARENT_SCOPE}.{USER_SCOPE}"
DATASTORE_KEY_SEPARATOR = ":"
