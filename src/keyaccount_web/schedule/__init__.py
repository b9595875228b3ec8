"""What runs by itself, when? (A broker-free, cron-like part of ours: the task queue has no clock.)"""
