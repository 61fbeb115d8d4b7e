def log_metric(name, value):
    print(name, value)


def log_param(name, value):
    print(name, value)
