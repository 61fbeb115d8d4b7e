from mlflow import MlflowClient


class Keep:
    client = None

    @classmethod
    def start(cls, client):
        cls.client = client
        cls.client.set_tag("r", "a", "b")

    @staticmethod
    def note(run, client=None):
        client.log_param(run, "a", 1)

    def more(self):
        self.client.log_metric("r", "loss", 0.1)


Keep.start(MlflowClient())
Keep.note("r", client=MlflowClient())
Keep.more(Keep())
