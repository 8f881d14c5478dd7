"""Makes a top-of-rack switch follow the networks of Docker Engines.

Everything the pack decides lives here, one concern a module; nothing in it imports StackStorm, so
sensors and actions stay thin edges around it. A module imports from its own group and from those
above it only; the two groups that stand side by side know nothing of each other.

    said and checked
    text, errors, values   what may be shown; how it fails; what counts as a VLAN or an address
    config, fields, login  docker.yaml, checked; where a switch is, who logs in and how
    uplinks                which switch an engine's interfaces lead to
    old_pack               what the Exchange's docker pack had there
    store, together        a value of the datastore; slow things at once, with one deadline
    table                  what an operator is shown

    following the engines                       driving the switch
    gateways    which addresses a Ve has        edit         one edit as data, compared
    networks    what an engine lists, read      vdx          the VDX's edits, a template each
    claims      who may have which VLAN         state        what a switch has, as values
    holds       removals not believed at once   plan         from that to what should be
    intent      the segments that follow        preview      what would be done, shown
    triggers    what is dispatched              netconf      one session
    engine, events  its API (reach: why not)    operational  what NOS tells, and saving
    follow      one engine, through outages     transaction  segments, each wholly or not at all
    pace        at once, or a burst together    undoing      the way back
    ledger      what has been dispatched        apply        one edit in a session
    book        the same, kept by the sensor    ve_addresses  all addresses of a Ve at once
    lease       which sensor dispatches         retry        what may pass is tried again
    heartbeat   that it lives
    watch       docker.yaml, as it is now
    heard       what it had, when last heard
    holding     what is held of each engine
    sending     what StackStorm takes
    controller  dispatches the difference
    containers  those that run, read
    tracker     tells which start and stop

    under netconf
    refusals           what a switch's rpc-errors mean (no_session: why none can be had)
    openssh, framing   sessions by the OpenSSH client; NETCONF 1.0 messages
    master, private    the connection that they share, which outlives an action; a user's own folder
    _ncclient          sessions by ncclient on paramiko, where the others cannot be had

    both brought together
    goals, fabric      what an action is asked to do with segments; who else is on their VLANs
    message            what chat reads of a run
    preflight          a chain's two ends: a look before its first edit, the message after the last
    action             what every edit's action does
    segment_actions    docker.vdx.apply and .remove (segment_report: their results)
    undo_action        docker.vdx.undo (ending: how the action ended that failed)
    in_use             who uses a VLAN that a person wants to be gone
    survey, memory     what the engines call for now; since when there are orphans
    named              which network a person means
    dispatched         whose a segment is: this installation's, or another's
    denied             which login a switch has denied
    reconcile          three truths side by side (reconcile_job, reconcile_action, reconcile_report)

    for the people who run it
    ask, ve            a switch asked; one VLAN's Ve on all switches
    overview, listing  the segments there are, and how well that is known
    container_actions  the Exchange's actions of images and containers (sdk: by the docker SDK)
    doctor             what is wrong, and what to do about it (hostkey: an SSH key without a login)

Pure, without I/O and without a clock of their own: table, old_pack, gateways, networks, containers,
claims, events, holds, heard, intent, pace, edit, state, plan, preview, message, segment_report,
ending, dispatched, reconcile, reconcile_report, overview.
"""
