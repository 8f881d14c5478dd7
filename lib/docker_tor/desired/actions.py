"""What becomes of a segment, in the words of the triggers. Pure.

Apart from `segments`, since an edit action needs these words and nothing else of this room.
"""

CREATE, UPDATE, DESTROY = "create", "update", "destroy"
