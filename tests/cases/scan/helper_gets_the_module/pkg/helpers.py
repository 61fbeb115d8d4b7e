def note(backend, values):
    for name, value in values.items():
        backend.log_metric(name, value)


class Writer:
    def __init__(self, backend):
        self.backend = backend

    def write(self):
        self.backend.log_artifact("a.txt")
