from transformers import Trainer, integrations

trainer = Trainer()
trainer.add_callback(integrations.MLflowCallback())
