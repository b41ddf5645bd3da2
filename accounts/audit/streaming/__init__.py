"""What takes entries of the audit log out: a file to download, and the stream to a log system (AUD-3)."""
