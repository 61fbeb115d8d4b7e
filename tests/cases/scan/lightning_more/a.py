import pytorch_lightning as pl
from pytorch_lightning.loggers import MLFlowLogger
from pytorch_lightning.loggers.mlflow import MLFlowLogger as Other

mlf_logger = Other(experiment_name="x")


class Net(pl.LightningModule):
    def validation_epoch_end(self, outputs):
        mlflow_client = self.logger.experiment
        mlflow_client.log_figure(self.logger.run_id, None, "a.png")
        self.logger.experiment.log_param(key="a", value=1, run_id=self.logger.run_id)
        self.loggers[0].experiment.log_text(self.loggers[0].run_id, "a", "b")
        self.logger.experiment.add_scalar("a", 1)
        self.trainer.logger.experiment.log_image(self.trainer.logger.run_id, None, "a.png")


mlf_logger.experiment.log_artifact(mlf_logger.run_id, "a")
mlf_logger._mlflow_client.set_tag(mlf_logger.run_id, "a", "b")


def get_loggers(cfg):
    loggers = []
    loggers.append(MLFlowLogger())
    return loggers


for lg in get_loggers(None):
    lg.experiment.log_metric(lg.run_id, "a", 1)
