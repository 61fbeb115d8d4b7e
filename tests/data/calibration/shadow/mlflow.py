def start_run():
    return None


def log_metric(name, value):
    print(name, value)
