"""Programs that run inside other environments: standard library and the tracker at hand, nothing of this package.

They are started by path with the interpreter of an environment that a rule built; what they learn leaves as JSON.
"""
