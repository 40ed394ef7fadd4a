"""What a model's raw replies say, seen through what small models wrap them in; and replies that are kept."""
