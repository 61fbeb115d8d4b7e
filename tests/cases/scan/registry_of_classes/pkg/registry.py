_BACKENDS = {}


def register(name):
    def deco(cls):
        _BACKENDS[name] = cls
        return cls

    return deco


def get(name):
    return _BACKENDS[name]()
