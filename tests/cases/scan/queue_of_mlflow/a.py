from mlflow.utils.autologging_utils.client import MlflowAutologgingQueueingClient as Queue

with_queue = Queue()
with_queue.log_metrics("r", {})
with_queue.set_tags("r", {})
