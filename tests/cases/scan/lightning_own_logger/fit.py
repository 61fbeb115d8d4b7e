from loggers import Named

logger = Named("x")
logger.experiment.set_tag(logger.run_id, "a", "b")
