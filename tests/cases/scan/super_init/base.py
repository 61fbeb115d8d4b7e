class Base:
    def __init__(self, client, name):
        self.client = client
        self.name = name

    def note(self, run):
        self.client.log_param(run, "name", self.name)
