from monai.handlers import MLFlowHandler

handlers = [MLFlowHandler(tracking_uri="x")]
