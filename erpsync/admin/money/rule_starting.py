"""Page that adds the starting rules of a channel as drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from commissions.models import CommissionRule
from commissions.rules.starting import covered, starting_rules
from commissions.services.rate_tables import NameTaken
from commissions.services.rule_storage import add_starting_rules
from erpsync import permissions
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.kit.words import channel_title


class StartingView(AdminView):
    """Channels whose starting rules are known, with a button for each. Those that are here already are left alone."""

    title = _("Starting rules")
    template_name = "admin/rules/starting.html"

    def has_permission(self) -> bool:
        return permissions.may_change_rules(self.request, None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, offers=[self._offer(channel) for channel in self._channels()], back=list_of(CommissionRule),
            opts=CommissionRule._meta,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        channel = request.POST.get("channel", "")
        if channel not in self._channels():
            raise Http404
        try:
            added = add_starting_rules(channel, actor_id=request.user.pk)
        except NameTaken as taken:
            text = _("Nothing was added: a rate table of another channel has the name %(name)s.") % {"name": taken}
            messages.error(request, text)
            return HttpResponseRedirect(request.get_full_path())
        text = ngettext(
            "%(n)s draft was added. Compare it with your contract, then activate it.",
            "%(n)s drafts were added. Compare each with your contract, then activate it.",
            added,
        )
        messages.success(request, text % {"n": added})
        return HttpResponseRedirect(f"{list_of(CommissionRule)}?of_channel={channel}")

    def _channels(self) -> list[str]:
        """Return the channels that are covered, and that the user has a shop in; the one asked for first."""
        asked = self.request.GET.get("channel")
        return sorted(set(covered()) & set(permissions.channels(self.request)), key=lambda one: (one != asked, one))

    def _offer(self, channel: str) -> dict[str, Any]:
        rules = starting_rules(channel).rules
        known = set(CommissionRule.objects.filter(channel=channel).values_list("key", "starts"))
        return {
            "channel": channel,
            "title": channel_title(channel),
            "n": len(rules),
            "missing": sum((rule.key, rule.starts) not in known for rule in rules),
        }
