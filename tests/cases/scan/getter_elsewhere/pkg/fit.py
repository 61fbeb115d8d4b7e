from pkg import get_tracker

get_tracker().log_metric("r", "loss", 0.5)
tracker = get_tracker()
tracker.log_batch("r", metrics=[])
