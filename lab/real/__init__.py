"""Real servers, private to whoever starts them: what the simulators stand in for.

    dockerd     a Docker Engine in a network namespace of its own
    registry    a Docker registry beside it
    netconfd    a NETCONF server behind OpenSSH, with the YANG of lab/yang
    sshd        the OpenSSH server and its user
    process     what they have in common: started, waited for, removed

They need root and Debian's packages, which `.ci/install-real-parts` installs; each says what is
missing. Nothing listens beyond 127.0.0.1, and nothing is left when they are closed. Besides, no
server:

    judge       libyang, which says whether XML is as a YANG model has it
    published   the YANG models that others have published
"""
