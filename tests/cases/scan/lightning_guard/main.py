from lightning.pytorch.loggers import MLFlowLogger


class Keep:
    def save(self, trainer):
        if not isinstance(trainer.logger, MLFlowLogger):
            return
        client = trainer.logger.experiment
        client.log_param(trainer.logger.run_id, "a", 1)
