from lightning.pytorch.loggers import MLFlowLogger


class Named(MLFlowLogger):
    def __init__(self, name, **more):
        super().__init__(experiment_name=name, **more)

    def note(self, text):
        self.experiment.log_text(self.run_id, text, "note.txt")
