class Sink:
    def __init__(self, backend=None, **more):
        self.backend = backend or more.get("other")

    def push(self, name, value):
        self.backend.log_metric(name, value)


def push_all(*backends):
    for backend in backends:
        backend.log_param("a", 1)


def register(registry):
    registry["tracking"].set_tag("a", "b")


def configure(target):
    global TARGET
    TARGET = target


def late():
    TARGET.log_artifact("a.txt")
