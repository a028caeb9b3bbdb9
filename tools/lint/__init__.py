"""House rules that no general linter knows; each has a test that sees it fail."""
