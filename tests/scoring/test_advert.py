"""An advert is no grievance, whatever a model reads in it; a promoted complaint is one."""

import pytest

from scoring.advert import is_advert
from scoring.mention import Role
from scoring.partition import Partition
from tests.scoring.helpers import FURIOUS, POLICY, mention, scored

ADVERTS = [
    "Spilled a latte on it for science. It wiped off. #ad",
    "Mon haul d'automne, ce manteau est dingue #pub",
    "My honest thoughts (sponsored): fit 9, fabric 8",
    "Collaboration commerciale : 30 jours en bottines",
    "Collab rémunérée : dix trouvailles",
    "In partnership with Skylark, three nights in Porto",
    "La poêle. LA POÊLE. Code BERTILLE25",
    "my code is on screen at 4:12",
]
COMPLAINTS = [
    "Don't fly Skylark. They lost my case and do not answer.",
    "The code they sent me does not work, three mails unanswered",
    "Shame on whoever adds this to the pile",
]


@pytest.mark.parametrize("text", ADVERTS)
def test_what_says_that_it_is_paid_for_is_an_advert(text: str) -> None:
    assert is_advert(scored(mention(text=text, role=Role.INFLUENCER)))
    assert is_advert(scored(mention(text=text, followers=50_000)))
    assert is_advert(scored(mention(text=text, promoted=True)))
    assert not is_advert(scored(mention(text=text)))
    assert not is_advert(scored(mention(text=text, role=Role.MEDIA, followers=50_000)))


@pytest.mark.parametrize("text", COMPLAINTS)
def test_a_complaint_that_somebody_pays_to_spread_is_none(text: str) -> None:
    assert not is_advert(scored(mention(text=text, promoted=True, followers=50_000)))


@pytest.mark.parametrize(("text", "opens"), [(ADVERTS[0], False), (COMPLAINTS[0], True)])
def test_an_advert_opens_no_case(text: str, opens: bool) -> None:
    event = scored(mention(text=text, promoted=True, role=Role.INFLUENCER), FURIOUS)
    said, _ = Partition(POLICY).mention(event)
    assert bool(said) == opens
