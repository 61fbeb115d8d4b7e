from mlflowProject import logger
import mlflowtools

logger.info("x")
mlflowtools.log_metric("a", 1)
