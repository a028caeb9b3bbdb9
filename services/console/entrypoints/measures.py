"""What is measured of pages."""

from opentelemetry import metrics

page_seconds = metrics.get_meter("kem").create_histogram(
    "kem_page_seconds", unit="s", description="How long a page took at the console, per page and code"
)
