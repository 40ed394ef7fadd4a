"""What a backup is made of: files by what they hold, in a folder or an object store, and states that name them."""
