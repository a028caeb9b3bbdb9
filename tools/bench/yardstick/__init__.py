"""The yardstick: a plain web app that does the same steps in the usual way, to measure the hub against."""
