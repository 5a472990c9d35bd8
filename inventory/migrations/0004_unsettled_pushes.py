from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0003_breach"),
    ]

    operations = [
        migrations.AddField(
            model_name="listingstock",
            name="shelf_moved",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="listingstock",
            name="unsettled",
            field=models.IntegerField(blank=True, null=True, verbose_name="may still arrive"),
        ),
        migrations.AddField(
            model_name="listingstock",
            name="unsettled_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RemoveIndex(
            model_name="listingstock",
            name="listing_stock_due",
        ),
        migrations.AddIndex(
            model_name="listingstock",
            index=models.Index(
                condition=Q(wanted__isnull=False)
                & (
                    Q(expected__isnull=True)
                    | ~Q(wanted=F("expected"))
                    | Q(unsettled__isnull=False)
                    | Q(pushing__isnull=False)
                ),
                fields=["listing"],
                name="listing_stock_due",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(condition=Q(wanted_price__isnull=False), fields=["shop"], name="listing_own_price"),
        ),
    ]
