from django.db import migrations


class Migration(migrations.Migration):
    """The sources stand in the rows of the tokens now."""

    dependencies = [("reference_tokens", "0004_sources_carried_over")]

    operations = [migrations.DeleteModel("TokenSource")]
