"""The local stack: the built functions under AWS's Runtime Interface Emulator, with moto's server as AWS behind them. Linux only.

Everything about functions, tables, queues, schedules and routes is read from the built template; see stack.LocalStack.
"""
