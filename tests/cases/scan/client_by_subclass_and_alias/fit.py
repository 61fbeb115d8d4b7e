from lib import clients
from lib.clients import Default, make

Default().set_tag("r", "a", "b")
make().log_artifact("r", "x")
getattr(clients, "Tracking")().log_text("r", "x", "y")
Default.log_dict(make(), "r", {}, "a")
