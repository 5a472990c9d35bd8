"""Page behind an invitation's link: the person sets the first password and is signed in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from erpsync.signin.invitations import tokens


class FirstPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The new password, twice, in the theme's fields; the password validators judge it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


# of two who press at once, the second waits for the first and finds the link used
@method_decorator(transaction.atomic, name="dispatch")
class InvitationView(PasswordResetConfirmView):
    """Django's page for a password by link. Signing in runs as for others: the record, the second factor, the session's row."""

    form_class = FirstPasswordForm
    token_generator = tokens
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("admin:index")
    template_name = "admin/account/invitation.html"
    title = _("Set your password")

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        if user is None:
            return None
        return User.objects.select_for_update().filter(pk=user.pk, is_active=True).first()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.validlink:
            context["title"] = gettext("This link does not work any more")
        return context | {"person": self.user if self.validlink else None}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_to_response(context, **kwargs | ({} if self.validlink else {"status": 404}))
