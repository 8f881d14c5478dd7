"""Makes a top-of-rack switch follow the networks of Docker Engines.

Everything the pack decides lives here, one concern a module; nothing in it imports StackStorm, so
sensors and actions stay thin edges around it. A module knows only those above it in its column.

    text, errors, values      what may be said; how it fails; what counts as a VLAN or an address
    table                     what an operator is shown
    config, login             docker.yaml, checked; how to log in to a switch

    following the engines                        driving the switch
    networks   what an engine lists, read        edit      one edit as data: filter, comparison
    claims     who may have which VLAN, subnet   vdx       the VDX's edits, one template each
    intent     the segments that follow          netconf   one NETCONF session
    triggers   what is dispatched                apply     an edit carried out in a session
    engine     the Engine API (reach: why not)   action    what an action does around its edit
    follow     one engine, through outages
    store, ledger, lease, heartbeat   what is kept in StackStorm's datastore
    controller what has been dispatched, brought in line with what the engines have

    under netconf
    refusals           what a switch's rpc-errors mean
    openssh            sessions by the OpenSSH client (framing: NETCONF 1.0 messages)
    master             the connection that they share and that outlives an action
                       (private: what is one user's alone; askpass: the password, once)
    _ncclient          sessions by ncclient on paramiko, where the others cannot be had

    for the people who run it
    operational        what NOS tells by RPCs of its own, and saving
    ask, ve            a switch asked; one VLAN's Ve on all switches
    overview, listing  the segments there are, and how well that is known
    doctor             what is wrong, and what to do about it (hostkey: an SSH key without a login)
    together           slow things at the same time, with one deadline

table, networks, claims, intent, triggers, edit, vdx, refusals and overview are pure: no I/O, no
clock.
"""
