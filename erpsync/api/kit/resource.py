"""Base classes of the API's views. A resource is a subclass that declares its rows, fields, filters, order and parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core.gcra import Taken
from core.permissions import ROLE_FOR, WRITE
from erpsync import permissions
from erpsync.api.keys.authentication import Granted
from erpsync.api.kit import answers, quota, writes
from erpsync.api.kit.bulk import Body, Outcomes
from erpsync.api.kit.filters import LARGEST_ID, Filters
from erpsync.api.kit.paging import CURSOR, LIMIT, SORT, Cursors
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.rows import EXPAND, FIELDS, Row, names_of
from erpsync.serving.long_poll import KEY as LONG_POLL
from erpsync.serving.long_poll import LongPoll

# a prefetch, or a function of the request that returns one
Part = Any


class Endpoint(GenericViewSet[Any]):
    """A view of the API: who asks, whether the key may, its quota; and no parameter that nobody knows.

    `resource`: of `core.permissions.VERBS`. An action needs the scope of its verb, read for GET and else write; `scopes` names
    those that need another.
    """

    resource: ClassVar[str] = ""
    scopes: ClassVar[Mapping[str, str]] = {}
    metadata_class = None
    # what a caller may ask for beside filters
    parameters: ClassVar[tuple[str, ...]] = ()
    _taken: tuple[Taken, int] | None = None

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Check the caller before anything is read."""
        super().initial(request, *args, **kwargs)
        request.META["erpsync.caller"] = self.caller
        per_minute = self.granted.key.per_minute if self.granted else quota.PERSON_PER_MINUTE
        self._taken = self._once_per_wait("quota", lambda: (quota.count(self.caller, per_minute), per_minute))
        scope = self.scope()
        if scope and not permissions.access_of(request).has_scope(scope):
            raise Problem(403, "scope", _("This key lacks the scope %(scope)s.") % {"scope": scope}, scope=scope)
        if scope.endswith(f":{WRITE}") and not permissions.shop_ids(request, ROLE_FOR[WRITE]):
            raise no_operator()
        self._check_parameters(request)

    @property
    def poll(self) -> LongPoll | None:
        """The wait that this request may make, None under a server that has none."""
        found: LongPoll | None = self.request.META.get(LONG_POLL)
        return found

    def _once_per_wait(self, name: str, find: Callable[[], Any]) -> Any:
        """Return what is found the first time of a request that waits and is asked again."""
        kept = self.poll.kept if self.poll else {}
        if name not in kept:
            kept[name] = find()
        return kept[name]

    @property
    def granted(self) -> Granted | None:
        """The key that was recognised, None for a person."""
        found: Any = self.request.auth
        return found

    @property
    def caller(self) -> str:
        """Identity of the caller, for quota, log and kept answers."""
        return f"key:{self.granted.key.pk}" if self.granted else f"user:{self.request.user.pk}"

    @property
    def actor(self) -> Any:
        """The person who answers for a write: who is signed in, or who made the key; None when nobody is known."""
        return self.granted.key.owner if self.granted else self.request.user

    def scope(self) -> str:
        """Return the scope that this call needs, "" for none."""
        action = self.action
        if action in (None, "metadata"):
            return ""  # a method that this address does not have
        verb = "read" if self.request.method in ("GET", "HEAD") else WRITE
        return self.scopes.get(str(action), f"{self.resource}:{verb}" if self.resource else "")

    def once(self, perform: Callable[[], Response], prepare: Callable[[], object] = lambda: None) -> Response:
        """Perform a write that a caller may repeat, see `writes.once`."""
        return writes.once(self.request, self.caller, perform, prepare)

    def body(self, serializer: type[Body]) -> dict[str, Any]:
        """Return the body as it is declared. Raises ValidationError."""
        read = serializer(data=self.request.data, context={"request": self.request})
        read.is_valid(raise_exception=True)
        found: dict[str, Any] = read.validated_data
        return found

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self._taken is not None:
            for name, value in quota.headers(*self._taken).items():
                answer[name] = value
        if hasattr(answer, "add_post_render_callback"):
            answers.with_etag(request._request if isinstance(request, Request) else request, answer)
        return answer

    def known_parameters(self) -> list[str]:
        """Return the parameters that this call understands."""
        return list(self.parameters)

    def _check_parameters(self, request: Request) -> None:
        known = self.known_parameters()
        if unknown := sorted(set(request.query_params) - set(known)):
            text = _("There is no parameter %(name)s here.") % {"name": ", ".join(unknown)[:200]}
            raise Problem(400, "unknown_parameter", text, allowed=known)
        if repeated := [name for name in known if len(request.query_params.getlist(name)) > 1]:
            text = _("The parameter %(name)s stands here more than once: give several values with commas between them.")
            raise Problem(400, "repeated_parameter", text % {"name": repeated[0]})


class Resource(ListModelMixin, RetrieveModelMixin, Endpoint):
    """Rows to be listed and read one by one.

    `shop_path`: from the model to its shop's id. `sorts`: the orders, the first one by itself; over columns that are never
    empty. `expands`: parts that are there when asked for, by field. `needs`: fields that a key sees only with another scope.
    `large`: columns that no field shows.
    """

    model: ClassVar[type[Model]]
    shop_path: ClassVar[str] = "shop_id"
    sorts: ClassVar[tuple[str, ...]] = ("-id", "id")
    expands: ClassVar[Mapping[str, Part]] = {}
    needs: ClassVar[Mapping[str, str]] = {}
    large: ClassVar[tuple[str, ...]] = ()
    joins: ClassVar[tuple[str, ...]] = ()
    filterset_class: ClassVar[type[Filters] | None] = None
    serializer_class: type[Row]
    pagination_class = Cursors
    filter_backends = [DjangoFilterBackend]
    lookup_value_converter = "int"

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        """Return the rows with which the caller may do what this role allows."""
        return rows.filter(**{f"{self.shop_path}__in": permissions.shop_ids(self.request, role)})

    def rows(self) -> QuerySet[Any]:
        """Return all rows there are, with what their fields need."""
        return self.model._default_manager.select_related(*self.joins).defer(*self.large)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        rows = self.visible(self.rows(), permissions.VIEWER)
        parts = [self.expands[name] for name in self.expands if name in self.chosen()]
        return rows.prefetch_related(*(part(self.request) if callable(part) else part for part in parts))

    def get_object(self) -> Any:
        """Return the row, 404 for one that the caller may not see."""
        key = self.kwargs["pk"]
        if key > LARGEST_ID or (row := self.get_queryset().filter(pk=key).first()) is None:
            raise Http404
        return row

    def to_write(self) -> Any:
        """Return the row that the caller wants to change: 403 where the role in its shop does not allow it."""
        row = self.get_object()
        if not self.visible(self.model._default_manager.all(), ROLE_FOR[WRITE]).filter(pk=row.pk).exists():
            raise no_operator()
        return row

    def writable(self, rows: Mapping[int, Any], member: str) -> tuple[dict[int, Any], Outcomes]:
        """Return the rows of a bulk write, by place, whose `member` is the id of a row that the caller may change; and the others
        with why. Two queries."""
        ids = {row[member] for row in rows.values()}
        of_model = self.model._default_manager.filter(pk__in=ids)
        seen, mine = (
            set(self.visible(of_model, role).values_list("pk", flat=True))
            for role in (permissions.VIEWER, ROLE_FOR[WRITE])
        )
        good: dict[int, Any] = {}
        refused: Outcomes = {}
        taken: set[int] = set()
        for place, row in rows.items():
            key = row[member]
            if key not in seen:
                refused[place] = NotFound()
            elif key not in mine:
                refused[place] = no_operator()
            elif key in taken:
                refused[place] = Problem(400, "twice", _("Another row of this request is about the same."))
            else:
                good[place] = row
                taken.add(key)
        return good, refused

    # --- chosen fields ---

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        return context if getattr(self, "swagger_fake_view", False) else {**context, "chosen": self.chosen()}

    def chosen(self) -> frozenset[str]:
        """Return the fields of the answer: those of `fields`, else all, with the parts of `expand`. Raises Problem."""
        found: frozenset[str] | None = self.__dict__.get("_chosen")
        if found is None:
            found = self.__dict__["_chosen"] = self._choose(names_of(self.serializer_class))
        return found

    def _choose(self, names: list[str]) -> frozenset[str]:
        plain = [name for name in names if name not in self.expands]
        fields, parts = _listed(self.request, FIELDS, plain), _listed(self.request, EXPAND, list(self.expands))
        access = permissions.access_of(self.request)
        missing = {name for name, scope in self.needs.items() if not access.has_scope(scope)}
        if denied := sorted(missing & {*fields, *parts}):
            scope = self.needs[denied[0]]
            text = _("%(field)s needs the scope %(scope)s.") % {"field": denied[0], "scope": scope}
            raise Problem(403, "scope", text, scope=scope)
        return frozenset({*(fields or plain), *parts} - missing)

    def known_parameters(self) -> list[str]:
        if self.action not in ("list", "retrieve"):
            return super().known_parameters()
        lists = [CURSOR, LIMIT, SORT, *filters_of(self.filterset_class)] if self.action == "list" else []
        return [*lists, FIELDS, *([EXPAND] if self.expands else [])]


def no_operator() -> Problem:
    """Return the refusal of a write in a shop in which the caller may only look."""
    return Problem(403, "role", _("Writing needs the role of an operator in the shop."))


def filters_of(filterset: type[Filters] | None) -> list[str]:
    """Return the names of a resource's filters."""
    return list(filterset.base_filters) if filterset else []


def _listed(request: Request, parameter: str, known: list[str]) -> list[str]:
    """Return the names that a parameter lists, each of the known ones. Raises Problem."""
    given = [name.strip() for name in request.query_params.get(parameter, "").split(",") if name.strip()]
    if unknown := sorted(set(given) - set(known)):
        text = _("%(parameter)s does not know %(name)s.") % {"parameter": parameter, "name": ", ".join(unknown)[:200]}
        raise Problem(400, f"unknown_{parameter}", text, allowed=known)
    return given
