"""The components of the bot: feed, signal, execution and monitor, which meet on the bus and nowhere else."""
