from fastapi import FastAPI, Request
from mlflow import MlflowClient

app = FastAPI()
app.state.tracking = MlflowClient()


@app.post("/")
def note(request: Request):
    request.app.state.tracking.log_metric("r", "loss", 0.1)
