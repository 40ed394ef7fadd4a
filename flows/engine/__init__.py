"""What every job that adds to a home works with: documents that wait, leases, batches, patience, and the constructor beside them."""
