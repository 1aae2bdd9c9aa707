"""What an admin does with the models of the box."""
