from mlflow import MlflowClient

CLIENTS = [MlflowClient(uri) for uri in ("a", "b")]
BY_NAME = {"a": MlflowClient("a")}

for client in CLIENTS:
    client.log_metric("r", "loss", 0.1)
for name, client in BY_NAME.items():
    client.log_param("r", name, 1)
for number, client in enumerate(CLIENTS):
    client.set_tag("r", "number", str(number))
[c.log_artifact("r", "a.txt") for c in CLIENTS]
BY_NAME["a"].log_text("r", "x", "a.txt")
first, second = CLIENTS
second.log_dict("r", {}, "a.json")
list(map(lambda c: c.log_inputs("r", []), CLIENTS))
more = []
more.append(MlflowClient())
more[-1].log_figure("r", None, "a.png")
