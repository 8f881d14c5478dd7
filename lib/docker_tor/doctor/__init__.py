"""What is wrong with an installation, and what to do about it: the action `docker.doctor`.

    line       one finding, and all of them as a table
    settings   docker.yaml: what it lacks, and what of it nothing uses      (pure)
    sensor     the heartbeat, the lease and the ledger of the sensor         (pure)
    installation  what an upgrade has left in StackStorm; whether connections are kept
    engines    one Docker Engine, asked what following it takes
    switches   one switch, asked what a run of the chain takes
    examine    all of it, at the same time and with one deadline

Nothing is changed: engines and switches are read, and the chain is only rehearsed.
"""
