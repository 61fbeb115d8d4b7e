import mlflow

from . import helpers
from .helpers import Writer

helpers.note(mlflow, {})
Writer(backend=mlflow).write()
