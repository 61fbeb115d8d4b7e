import mlflow

client = mlflow.MlflowClient
log = mlflow.log_metric
funcs = [mlflow.log_param, mlflow.set_tag]
for f in funcs:
    f("a", 1)
log("a", 1)
client().log_artifact("r", "a")
m = mlflow.tracking.MlflowClient(tracking_uri="x")
note = m.log_param
note("r", "a", 1)
methods = {"metric": m.log_metric}
methods["metric"]("r", "a", 1)
(m if x else None).set_tag("r", "a", "b")
with m as q:
    q.log_text("r", "a", "b")
assert isinstance(z, mlflow.MlflowClient)
z.log_dict("r", {}, "a")
y: "mlflow.MlflowClient"
y.log_figure("r", None, "a")


def g(c: "mlflow.tracking.client.MlflowClient | None" = None, *, d: list["mlflow.MlflowClient"] = ()):
    c.log_batch("r", [])
    for one in d:
        one.log_inputs("r", [])
    d[0].log_table("r", {}, "a")
