def eval_and_log_metrics(model):
    return model


def log_metrics(split, metrics):
    print(split, metrics)


log_metrics("train", {})
