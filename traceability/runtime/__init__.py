"""What is started and ended around a measurement: processes, services, environments, git and the sandbox."""
