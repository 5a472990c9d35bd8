"""Lazada's words in words of the trade. Names of fees: `mapping/statements.py`; only "Payment Fee" is in the documentation."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract.terms import Terms

TERMS = Terms(
    fees={
        "Item Price Credit": _("Goods sold"),
        "Reversal Item Price": _("Goods sold, taken back"),
        "Commission": _("Fixed fee (commission)"),
        "Reversal Commission": _("Commission given back"),
        "Payment Fee": _("Payment fee"),
        "Order processing fee": _("Order processing fee"),
        "Shipping Fee (Paid By Customer)": _("Shipping paid by the buyer"),
        "Shipping Fee Paid by Seller": _("Shipping paid by the seller"),
        "Seller Voucher Credit": _("Seller's voucher"),
        "Reverse - Seller Voucher Credit": _("Seller's voucher, given back"),
        "Promotional Charges Vouchers": _("Share of promotional vouchers"),
        "Price Cut Discount": _("Price cut"),
        "Reversal Price Cut Discount": _("Price cut, given back"),
        "LazCoins Discount": _("Coins discount"),
        "LazCoins Discount Promotion Fee": _("Fee of the coins programme"),
        "Sponsored Affiliates": _("Affiliate commission"),
        "Lost Claim": _("Compensation for a lost parcel"),
    },
    payments={
        "COD": _("Cash on delivery"),
        "MIXEDCARD": _("Card"),
    },
    reasons={
        "Sourcing Delay": _("The goods come late"),
        "Out of Stock": _("Out of stock"),
        "Wrong Price or Pricing Error": _("Wrong price"),
        "Pricing error": _("Wrong price"),
        "Buyer used the item": _("The buyer has used the item"),
        "Item is not the one that was sold": _("It is not the item that was sold"),
    },
)
