import importlib


def bring(name):
    try:
        return importlib.import_module(name), True
    except ImportError:
        return None, False


lib, found = bring("mlflow")
if found:
    lib.start_run()
