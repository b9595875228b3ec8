"""What people do about accounts: to-dos, notifications, comments, files, tags, and what is worth confirming."""
