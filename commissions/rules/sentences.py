"""A rule read back as one sentence, in the language that is active."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from commissions.rules import words
from commissions.rules.formula import Base, Fixed, Percent, Tiered
from commissions.rules.rule import Conditions, Rule


def sentence(rule: Rule, channel: str = "", currency: str = "VND") -> str:
    """Return what a rule says. `channel`: its title, where the code is not to be shown."""
    who = [channel or rule.channel, *_shop(rule)]
    head = f"{', '.join(who)}: {_fee(rule, currency)}"
    return f"{'; '.join([head, *_conditions(rule.conditions, currency), *_terms(rule)])}."


def note(rule: Rule) -> str:
    """Return the note on a rule's source; those of starting rules are translated."""
    return _(rule.source.note) if rule.source.note else ""


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as people write it."""
    return f"{number_format(amount, force_grouping=True)} {'₫' if currency == 'VND' else currency}"


def rate_text(rate: Decimal) -> str:
    """Return a rate as people write it."""
    return f"{number_format(rate)} %"


def _shop(rule: Rule) -> Iterator[str]:
    if rule.shop:
        yield _("shop %(shop)s") % {"shop": rule.shop}
    if rule.shop_type:
        yield str(words.SHOP_TYPES[rule.shop_type])


def _fee(rule: Rule, currency: str) -> str:
    fee, formula = str(words.FEE_KINDS[rule.fee_kind]), rule.formula
    payee = str(words.PAYEES[rule.payee]) + (f" {rule.payee_id}" if rule.payee_id else "")
    values = {"fee": fee, "payee": payee}
    if isinstance(formula, Percent):
        said = _("%(fee)s for %(payee)s of %(rate)s of %(base)s") % {
            **values, "rate": _rate(rule, formula), "base": _base(formula.base),
        }  # fmt: skip
        return ", ".join([said, *_bounds(formula, currency)])
    if isinstance(formula, Fixed):
        amount, per = money(formula.amount, currency), str(words.FIXED_PER[formula.per])
        return _("%(fee)s for %(payee)s of %(amount)s %(per)s") % {**values, "amount": amount, "per": per}
    if isinstance(formula, Tiered):
        return _tiered(formula, values, currency)
    return _("no %(fee)s for %(payee)s") % values


def _rate(rule: Rule, formula: Percent) -> str:
    if rule.rate_from == words.FROM_LINE:
        return _("the rate told by the order line")
    if formula.rate is None:
        return _("the category's rate in the table “%(table)s”") % {"table": formula.table}
    return rate_text(formula.rate)


def _base(base: Base) -> str:
    parts = [str(words.BASES[base.kind])]
    if base.shipping:
        parts.append(str(words.STEPS["shipping"]))
    if base.without_tax:
        parts.append(str(words.STEPS["tax_out"]))
    if base.less_fees:
        parts.append(_("less %(fees)s") % {"fees": _listed(str(words.FEE_KINDS[kind]) for kind in base.less_fees)})
    return ", ".join(parts)


def _bounds(formula: Percent, currency: str) -> Iterator[str]:
    if formula.floor is not None:
        values = {"amount": money(formula.floor.amount, currency), "per": str(words.PER[formula.floor.per])}
        yield _("at least %(amount)s %(per)s") % values
    if formula.cap is not None:
        values = {"amount": money(formula.cap.amount, currency), "per": str(words.PER[formula.cap.per])}
        yield _("at most %(amount)s %(per)s") % values


def _tiered(formula: Tiered, values: dict[str, str], currency: str) -> str:
    tiers = _listed(
        _("%(rate)s from %(start)s") % {"rate": rate_text(tier.rate), "start": money(tier.at_least, currency)}
        for tier in formula.tiers
    )
    said = _("%(fee)s for %(payee)s of %(base)s in tiers %(period)s (%(tiers)s), %(mode)s")
    return said % {
        **values, "base": _base(formula.base), "tiers": tiers, "mode": str(words.TIER_MODES[formula.mode]),
        "period": str(words.TIER_PERIODS[formula.period]),
    }  # fmt: skip


def _conditions(found: Conditions, currency: str) -> Iterator[str]:
    for names, said in (
        (found.category, _("only in category %(names)s")),
        (found.sku, _("only SKU %(names)s")),
        (found.campaign, _("only in campaign %(names)s")),
        (found.payment_method, _("only when paid by %(names)s")),
        (frozenset(str(words.LEGAL_FORMS[form]) for form in found.legal_form), _("only for a shop of %(names)s")),
    ):
        if names:
            yield said % {"names": _listed(sorted(names))}
    if found.order_value is not None:
        start, below = found.order_value.at_least, found.order_value.below
        if below is None:
            yield _("only orders of %(start)s and more") % {"start": money(start, currency)}
        else:
            values = {"start": money(start, currency), "below": money(below, currency)}
            yield _("only orders of %(start)s to less than %(below)s") % values


def _terms(rule: Rule) -> Iterator[str]:
    if rule.strategy != words.NONE:
        yield _("charged when %(events)s") % {
            "events": _listed(str(words.CHARGED_WHEN[one]) for one in rule.charged_when)
        }
        yield str(words.GIVEN_BACK[rule.given_back])
        yield (
            _("%(rate)s VAT added") % {"rate": rate_text(rule.vat.rate)}
            if rule.vat.rate
            else str(words.VAT_MODES[words.INSIDE])
        )
        yield f"{words.ROUNDINGS[rule.rounding.mode]} {words.ROUNDING_LEVELS[rule.rounding.level]}"
    yield _("for orders created from %(day)s") % {"day": date_format(rule.starts, "DATE_FORMAT")}
    if rule.source.check_contract:
        yield _("check with your contract")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
