"""What goes into the evidence log: batches of lines and of documents, what is read again, and what that costs."""
