import pytorch_lightning as pl
from pytorch_lightning.loggers import CometLogger


class Net(pl.LightningModule):
    def on_fit_end(self):
        self.logger.experiment.log_metric("loss", 0.1)


pl.Trainer(logger=CometLogger())
# once this was mlflow
