"""Makes a top-of-rack switch follow the networks of Docker Engines.

Everything the pack decides lives here, in rooms. Nothing in it imports StackStorm, so sensors and
actions stay thin edges around it. A network goes through the rooms from top to bottom, and a room
imports only from the rooms above it:

    common      errors, sanitised text, validators, tables, datastore values; no domain
    config      docker.yaml, checked: switches, engines, uplinks, credentials
    engine      one Docker Engine: its API, list-and-watch, what a listing means
    desired     networks -> segments: admission, desired state, what was applied last
    controller  dispatch the difference: debounce, holds, triggers, lease, heartbeat
    netconf     one NETCONF session; framing, rpc-errors, host keys, XML; knows no VLAN
    switch      running config as values; plan, transaction, rollback; a folder per kind of switch
    notify      what chat reads
    reconcile   Docker, desired state and running config side by side: compare, repair, report
    actions     what each action's `run` does
    doctor      checks and remedies

Each room's own docstring tells what happens there; its `__all__` names what others may use.
"""
