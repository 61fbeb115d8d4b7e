import mlflow

mlflow.set_experiment("chat")


@mlflow.trace
def answer(question):
    with mlflow.start_span("call") as span:
        span.set_inputs({"question": question})
    return question
