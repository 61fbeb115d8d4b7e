from haystack.utils.experiment_tracking import MLflowTrackingHead, Tracker

Tracker.set_tracker(MLflowTrackingHead(tracking_uri="x"))
