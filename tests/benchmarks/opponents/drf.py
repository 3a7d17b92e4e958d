# mypy: disable-error-code="import-not-found,import-untyped,misc"
# Django is not installed where the types are checked.
# ruff: noqa: D106, DJ001, DJ008 - models of a file that is there already: columns as they are, and no admin
"""Django REST framework with django-filter over the same rows, as its documentation does it.

BENCHMARK_FILE=opponents.sqlite gunicorn tests.benchmarks.opponents.drf:application
"""

import os
import sys
from typing import Any, ClassVar

import pysqlite3

# The same SQLite as the others: Django imports it by this name.
sys.modules["sqlite3"] = pysqlite3

import django  # noqa: E402 - after the line above
from django.conf import settings  # noqa: E402

settings.configure(
    SECRET_KEY="not a secret",  # noqa: S106 - nothing is signed
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCHMARK_FILE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework", "django_filters"],
    USE_TZ=True,
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    },
)
django.setup()

import django_filters  # noqa: E402 - Django must be set up first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import include, path  # noqa: E402
from rest_framework import mixins, pagination, routers, serializers, viewsets  # noqa: E402


class Case(models.Model):
    slug = models.TextField(primary_key=True)
    id = models.TextField()
    title = models.TextField()

    class Meta:
        app_label, managed, db_table = "benchmark", False, "cases"


class Actor(models.Model):
    id = models.TextField(primary_key=True)
    slug = models.TextField()
    name = models.TextField()
    kind = models.TextField()

    class Meta:
        app_label, managed, db_table = "benchmark", False, "actors"


class Source(models.Model):
    id = models.TextField(primary_key=True)
    publisher = models.TextField(null=True)
    title = models.TextField()
    url = models.TextField(null=True)
    published = models.TextField(null=True)

    class Meta:
        app_label, managed, db_table = "benchmark", False, "sources"


class Event(models.Model):
    rank = models.IntegerField(primary_key=True)
    id = models.TextField(unique=True)
    revision = models.IntegerField()
    type = models.TextField()
    title = models.TextField()
    summary = models.TextField(null=True)
    occurred = models.JSONField()
    sequence = models.IntegerField()
    standing = models.TextField()
    case = models.ForeignKey(Case, models.CASCADE, db_column="case_slug")
    place = models.JSONField(null=True)
    details = models.JSONField()
    external_id = models.TextField(null=True)
    visibility = models.TextField()
    visibility_reason = models.TextField(null=True)
    allegation = models.TextField(null=True)
    recorded_at = models.TextField()
    corrections = models.IntegerField()
    last_corrected_at = models.TextField(null=True)
    start_earliest = models.IntegerField()
    end_latest = models.IntegerField()

    class Meta:
        app_label, managed, db_table = "benchmark", False, "events"


class Participation(models.Model):
    event = models.ForeignKey(Event, models.CASCADE, db_column="event", related_name="participations")
    actor = models.ForeignKey(Actor, models.CASCADE, db_column="actor")
    role = models.TextField()

    class Meta:
        app_label, managed, db_table = "benchmark", False, "event_actors"


class Citation(models.Model):
    event = models.ForeignKey(Event, models.CASCADE, db_column="event", related_name="citations")
    source = models.ForeignKey(Source, models.CASCADE, db_column="source")
    locator = models.TextField(null=True)
    quote = models.TextField(null=True)
    occurred = models.TextField(null=True)

    class Meta:
        app_label, managed, db_table = "benchmark", False, "event_citations"


class Relation(models.Model):
    event = models.ForeignKey(Event, models.CASCADE, db_column="event", related_name="relations")
    type = models.TextField()
    target = models.TextField()
    title = models.TextField(null=True)

    class Meta:
        app_label, managed, db_table = "benchmark", False, "event_relations"


class Tag(models.Model):
    event = models.ForeignKey(Event, models.CASCADE, db_column="event", related_name="tags")
    tag = models.TextField()

    class Meta:
        app_label, managed, db_table = "benchmark", False, "event_tags"


class CaseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Case
        fields: ClassVar = ["id", "slug", "title"]


class SourceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields: ClassVar = ["id", "publisher", "title", "url", "published"]


class ParticipationSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="actor.id")
    slug = serializers.CharField(source="actor.slug")
    name = serializers.CharField(source="actor.name")
    kind = serializers.CharField(source="actor.kind")

    class Meta:
        model = Participation
        fields: ClassVar = ["id", "slug", "name", "kind", "role"]


class CitationSerializer(serializers.ModelSerializer):
    source = SourceSerializer()

    class Meta:
        model = Citation
        fields: ClassVar = ["source", "locator", "quote", "occurred"]


class RelationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Relation
        fields: ClassVar = ["type", "target", "title"]


class EventSerializer(serializers.ModelSerializer):
    case = CaseSerializer()
    actors = ParticipationSerializer(source="participations", many=True)
    citations = CitationSerializer(many=True)
    relations = RelationSerializer(many=True)
    tags = serializers.SlugRelatedField("tag", many=True, read_only=True)

    class Meta:
        model = Event
        fields: ClassVar = [
            "id", "revision", "type", "title", "summary", "occurred", "sequence", "standing", "case",
            "actors", "place", "details", "citations", "relations", "tags", "external_id", "visibility",
            "visibility_reason", "allegation", "recorded_at", "corrections", "last_corrected_at",
        ]  # fmt: skip


class TextInFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    """Takes values joined by commas."""


class EventFilter(django_filters.FilterSet):
    case = django_filters.CharFilter(field_name="case_id")
    type = TextInFilter(field_name="type", lookup_expr="in")
    since = django_filters.NumberFilter(field_name="end_latest", lookup_expr="gt")
    until = django_filters.NumberFilter(field_name="start_earliest", lookup_expr="lt")


class Pages(pagination.CursorPagination):
    page_size = 50
    ordering = "rank"


class EventViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Event.objects.select_related("case").prefetch_related(
        "participations__actor", "citations__source", "relations", "tags"
    )
    serializer_class = EventSerializer
    filterset_class = EventFilter
    pagination_class = Pages


router = routers.SimpleRouter()
router.register("events", EventViewSet)
urlpatterns = [path("", include(router.urls))]
application: Any = get_wsgi_application()
