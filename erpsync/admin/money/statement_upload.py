"""Upload page of statement files: choose the shop and its files; they are checked at once, and nothing is stored yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from commissions.models import StatementFile, StatementLine
from erpsync import permissions
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.file_input import FilesInput
from erpsync.admin.kit.views import OperatorView
from erpsync.admin.kit.words import channel_title
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels, connector_of
from integrations.statements.examining import Upload
from integrations.statements.importing import MOST_FILES, upload
from inventory.models import Shop


class FilesField(forms.FileField):
    """Several uploaded files, cleaned one by one."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = (data if isinstance(data, list | tuple) else [data]) or [None]
        return [super(FilesField, self).clean(one, initial) for one in given]


class ShopChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A shop with its channel."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({channel_title(obj.channel)})"


class UploadForm(forms.Form):
    """Shop, files, and the person's word where no order tells whose they are."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"] = ShopChoice(shops(request), label=_("Shop"), widget=UnfoldAdminSelectWidget)
        self.fields["files"] = FilesField(
            label=_("Files"),
            # a file without content is said to be empty by its check, among the others
            allow_empty_file=True,
            help_text=_(
                "As the seller centre gave them (.xlsx or .csv), up to %(n)s files of 20 MB together. Do not open them in Excel before. A"
                " wallet or balance file of the same time proves the totals."
            ) % {"n": MOST_FILES},
        )  # fmt: skip
        self.fields["confirmed"] = forms.BooleanField(
            label=_("I have checked that the files are of this shop"), required=False, widget=UnfoldBooleanSwitchWidget,
            help_text=_("Needed only where no order of the files is known here."),
        )  # fmt: skip


def shops(request: HttpRequest) -> Any:
    """Return the shops for which the user may import statements: those of channels whose files are read."""
    readable = [channel for channel in channels() if _reads(channel)]
    mine = permissions.shop_ids(request, permissions.OPERATOR)
    return Shop.objects.filter(pk__in=mine, channel__in=readable).order_by("name")


def _reads(channel: str) -> bool:
    port = connector_of(channel).statement_files
    return port is not None and any(profile.read for profile in port.profiles)


class UploadView(OperatorView):
    """Form that checks files and leads to their dry run."""

    title = _("Import a statement")
    template_name = "admin/statements/upload.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or UploadForm(self.request, initial=self.request.GET.dict())
        return super().get_context_data(
            **kwargs, form=form, has_shops=shops(self.request).exists(), back=list_of(StatementLine),
            earlier=list_of(StatementFile), opts=StatementFile._meta,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UploadForm(request, request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        given: Sequence[UploadedFile[Any]] = form.cleaned_data["files"]
        uploads = [Upload(one.name or "", one.read()) for one in given]
        actor: Any = request.user
        try:
            key = upload(
                form.cleaned_data["shop"], uploads, actor=actor, confirmed=form.cleaned_data["confirmed"],
                visible=permissions.shop_ids(request),
            )  # fmt: skip
        except NotPossible as refused:
            messages.error(request, refused.reason)
            return self.render_to_response(self.get_context_data(form=form))
        return HttpResponseRedirect(reverse("admin:commissions_statementfile_upload", args=(key,)))
