from lightning.pytorch import Callback


class Upload(Callback):
    def on_train_end(self, trainer, pl_module):
        experiment = trainer.logger.experiment
        experiment.log_artifacts(trainer.logger.run_id, "figures")
