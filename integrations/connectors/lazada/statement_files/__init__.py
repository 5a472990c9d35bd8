"""Port `StatementFiles`: what sellers download from Seller Center. Two schemas of the same ledger live side by side."""

from __future__ import annotations

from integrations.connectors.lazada.statement_files.ledger import DAILY, WEEKLY
from integrations.connectors.lazada.statement_files.others import ESTIMATED, ORDER_LIST
from integrations.connectors.lazada.statement_files.wallet import WALLET
from integrations.contract.statement_files import StatementFiles

STATEMENT_FILES = StatementFiles(profiles=(DAILY, WEEKLY, WALLET, ESTIMATED, ORDER_LIST))
