"""What the public's pages may call at the services, for everybody."""

from typing import Final

READS_DIRECTORY: Final = ("DirectoryService/ListServices", "DirectoryService/ListAgencies")
ASKS_ABOUT_RECEIPTS: Final = ("ReceiptService/CheckReceipt", "ReceiptService/ReadReceipt")
REGISTERS_COMPLAINTS: Final = ("ComplaintService/RegisterComplaint", *READS_DIRECTORY)
