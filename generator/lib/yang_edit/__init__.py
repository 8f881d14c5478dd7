"""What the actions of a generated pack do: one edit, RPC or read, as the action's own YAML has it.

    values    a value checked against its YANG type, and texts of a reply made comparable. Pure
    edits     an edit as data. Pure
    payloads  its XML, and what is read first. Pure (xml: elements)
    comparing what of it is not so yet. Pure
    datastore the edit in a session: straight into running, or by candidate and commit
    calls     RPCs, get and get-config, and replies as plain data
    action    parameters and configuration to a result

The session itself is docker_tor's. An action knows of the model what stands in its YAML: the
parameter `edit`, made by the generator.
"""
