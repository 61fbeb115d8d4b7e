import hydra


@hydra.main(config_path="../configs", config_name="train")
def main(cfg):
    return hydra.utils.instantiate(cfg.logger)
