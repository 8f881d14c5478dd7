"""docker.yaml, checked: engines, switches, uplinks, credentials.

`settings.parse` makes a `Config` of what StackStorm hands over, with `entries` for engines and
switches, or says which field is wrong. `limits` is what a switch takes, `ports` what its ports are
called. `uplinks` tells which switch and ports an interface of an engine leads to, `logins` who logs
in to a switch. `reload` takes up a changed docker.yaml without a restart; a wrong one changes
nothing.
"""

__all__ = [
    "credentials",
    "denied_logins",
    "entries",
    "exchange_pack",
    "fields",
    "limits",
    "logins",
    "platforms",
    "ports",
    "reload",
    "settings",
    "ssh",
    "uplinks",
]
