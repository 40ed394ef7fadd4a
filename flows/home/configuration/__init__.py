"""What a home and its commands are told: settings, where each comes from, and which of them are secret."""
