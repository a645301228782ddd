"""What is shipped for machines other than this one."""
