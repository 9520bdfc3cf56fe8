from __future__ import annotations

import factory
from django.contrib.auth.hashers import make_password

from apps.accounts.models import User


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.jp")
    password = factory.LazyFunction(lambda: make_password(None))
    name = factory.Sequence(lambda n: f"人{n}")
