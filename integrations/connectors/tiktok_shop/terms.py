"""TikTok Shop's words in words of the trade. Parts of statements: `mapping/statements.py`; reasons: its page "Cancel reasons", VN market."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from integrations.contract.terms import Terms

_FEES = {
    "revenue_amount": _("Goods sold, less the seller's discounts"),
    "shipping_cost_amount": _("Shipping"),
    "platform_commission_amount": _("Fixed fee (commission)"),
    "transaction_fee_amount": _("Payment fee"),
    "affiliate_commission_amount": _("Affiliate commission"),
    "affiliate_partner_commission_amount": _("Commission of affiliate partners"),
    "affiliate_ads_commission_amount": _("Commission of affiliate advertising"),
    "sfp_service_fee_amount": _("Fee of the free-shipping programme"),
    "voucher_xtra_service_fee_amount": _("Fee of Voucher Xtra"),
    "flash_sales_service_fee_amount": _("Flash sale fee"),
    "vn_fix_infrastructure_fee": _("Order processing fee"),
    "pit_amount": _("Personal income tax withheld"),
    "local_vat_amount": _("VAT withheld"),
    "fee_tax_amount": _("Fees and taxes without their parts"),
    "adjustment_amount": _("Adjustment"),
    "difference": _("Difference that is not explained"),
}
# of sellers, of buyers, of the system: what people meet on an order that was cancelled
_REASONS = {
    "seller_cancel_unpaid_reason_out_of_stock": _("Out of stock"),
    "seller_cancel_unpaid_reason_wrong_price": _("Wrong price"),
    "seller_cancel_unpaid_reason_buyer_hasnt_paid_within_time_allowed": _("The buyer did not pay in time"),
    "seller_cancel_reason_out_of_stock": _("Out of stock"),
    "seller_cancel_reason_wrong_price": _("Wrong price"),
    "seller_cancel_paid_reason_address_not_deliver": _("The address cannot be delivered to"),
    "ecom_order_unpaid_canceled_reason_payment_method_not_available": _("The wished way to pay is not offered"),
    "ecom_order_unpaid_canceled_reason_wrong_delivery_info": _("Wrong delivery address"),
    "ecom_order_unpaid_canceled_reason_created_by_mistakes": _("Ordered by mistake"),
    "ecom_order_unpaid_canceled_reason_better_price": _("Found a better price"),
    "ecom_order_unpaid_canceled_reason_other": _("Other reason"),
    "ecom_order_unpaid_canceled_reason_not_want_pay": _("The buyer did not pay in time"),
    "ecom_order_to_ship_canceled_reason_change_payment_method": _("Wants to pay in another way"),
    "ecom_order_to_ship_canceled_reason_discount_not_expected": _("Discount not as expected"),
    "ecom_order_to_ship_canceled_reason_created_by_mistakes": _("Ordered by mistake"),
    "ecom_order_to_ship_canceled_reason_high_delivery_costs": _("Shipping is too dear"),
    "ecom_order_to_ship_canceled_reason_better_price": _("Found a better price"),
    "ecom_order_to_ship_canceled_reason_wrong_delivery_info": _("Wrong delivery address"),
    "ecom_order_to_ship_canceled_reason_not_shipped_on_time": _("Not shipped in time"),
    "ecom_order_to_ship_canceled_reason_no_longer_needed": _("The buyer no longer needs it"),
    "ecom_order_delivered_refund_and_return_reason_no_need": _("The buyer no longer needs it"),
    "ecom_order_delivered_refund_and_return_reason_wrong_product_seller": _("Wrong item"),
    "Order created by mistake": _("Ordered by mistake"),
    "Discount not as expected": _("Discount not as expected"),
    "system_cancel_unpaid_time_out": _("The buyer did not pay in time"),
    "system_cancel_order_reason_shipping_timeout": _("Not shipped in time"),
    "package_cancel": _("Cancelled by the channel"),
    "platform_cancel": _("Cancelled by the channel"),
    "returned_to_shipper_refused": _("The buyer refused the parcel"),
    "returned_to_shipper_other": _("Delivery failed"),
    "package_damaged": _("Damaged"),
    "package_lost": _("Lost"),
    "threepl_breach": _("Delivered too late"),
    "order_manage_list_action_respond_popup_reject_reason_invalid_cancellation_reason": _(
        "The reason given is not valid"
    ),
    "order_manage_list_action_respond_popup_reject_reason_delivered": _("Delivery is on schedule"),
    "order_manage_list_action_respond_popup_reject_reason_buyer_agree": _("Agreed with the buyer"),
    "seller_reject_apply_product_has_been_packed": _("The goods are packed"),
}

TERMS = Terms(
    fees=_FEES,
    payments={
        "Cash on delivery": _("Cash on delivery"),
        "CCDC": _("Card"),
    },
    reasons=_REASONS,
)
