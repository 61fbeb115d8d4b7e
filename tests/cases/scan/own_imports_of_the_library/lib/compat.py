def need(name, extra=None):
    module = __import__(name)
    return module
