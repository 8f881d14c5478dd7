"""From a device's YANG to a StackStorm pack whose actions edit it: `python -m generator`.

    __main__   the command line
    schema     the model as plain data: what the others know of YANG
    reading    YANG files by pyang (files: where they are)
    yang_types YANG's types, as the actions' library checks them (patterns: as Python's)
    names      what actions and parameters are called
    actions    a node of the model as an action (contents: what all have; rpcs: RPCs and reads)
    writing    the pack's files, whole or not at all
    fetching   YANG from the device itself, by <get-schema>
    pynos      what Brocade's bindings know of it, where there is no YANG
    samples    values for the tests of a generated pack
    errors     what is said where it cannot be done

lib/yang_edit is what a generated pack's actions run; it goes into each. It stands on a few modules
of lib/docker_tor, which writing.COPIED names. Nothing here is needed by the pack docker itself.
"""
