default_hooks = dict(logger=dict(type="LoggerHook"))
log_config = dict(
    interval=50,
    hooks=[
        dict(type="TextLoggerHook"),
        dict(type="MlflowLoggerHook", exp_name="x"),
    ],
)
