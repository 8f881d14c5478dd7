"""Real servers, private to whoever starts them: what the simulators stand in for.

    dockerd     a Docker Engine in a network namespace of its own
    netconfd    a NETCONF server behind OpenSSH, with the YANG of lab/yang
    sshd        the OpenSSH server and its user

They need root and Debian's packages, which `.ci/install-real-parts` installs; each says what is
missing. Nothing listens beyond 127.0.0.1, and nothing is left when they are closed.
"""
