class Tracker:
    client = None

    def note(self, run, name, value):
        self.client.log_metric(run, name, value)
