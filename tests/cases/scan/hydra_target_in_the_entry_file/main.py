import hydra


@hydra.main(config_path="cfg", config_name="vision", version_base=None)
def main(cfg):
    hydra.utils.instantiate(cfg.trainer.logger)
