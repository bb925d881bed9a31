"""A config is checked before torch and MMagic are imported.

``schema.json`` holds which types there are, which keys each takes and of which kind their values
are; ``generate`` writes it from the registries and the type hints, and a test compares the two.
``kinds`` compares a value with a kind, ``walk`` a config with the schema, ``rules`` looks at keys
that belong together, ``data_files`` reads configs that are data, and ``preflight`` checks what only
the model can tell.
"""
