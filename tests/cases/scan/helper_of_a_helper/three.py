def note(client):
    client.log_param("r", "a", 1)
