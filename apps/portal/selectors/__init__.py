"""What the portal's own pages read: home and first page, demo mail, the reference of the API."""

from __future__ import annotations

from apps.portal.selectors.pages import DemoMail, Home, demo_mails, first_page, home, sent_at

__all__ = ["DemoMail", "Home", "demo_mails", "first_page", "home", "sent_at"]
