"""Makes a top-of-rack switch follow the networks of Docker Engines.

Everything the pack decides lives here, one concern a module; nothing in it imports StackStorm, so
sensors and actions stay thin edges around it:

    text, errors, values     what may be said, how it fails, what counts as a VLAN or an address
    config                   docker.yaml, checked
    engine, follow           the Docker Engine API; one engine followed through outages
    intent, controller       which segments should exist (pure); what has been dispatched of them
    edit, vdx, plan          one configuration edit as data (pure); the VDX's edits; their order
    netconf                  one NETCONF session
    apply                    an edit carried out in a session: read, compare, send if needed
"""
