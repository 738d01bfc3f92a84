"""Templates: ready-made levels and rules for a trade, to start from and then make one's own.

Points are weighed alike in all of them. A look earns next to nothing, for it costs nothing. What takes
effort, tells of a need or names a date earns more, and a few such things make a lead hot. What shows that
a lead is lost, or never was one, takes back more than looking had earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.levels import PALETTE, Level, table
from domain.rules import Rule
from domain.values import dataclass

_HEAT = PALETTE
_FIT = ("#94a3b8", "#22c55e", "#15803d")  # grey to green: beside a level's heat, fit is not read as heat


@dataclass(frozen=True, slots=True)
class Template:
    """A trade's starting point: a table of levels without gaps for each dimension, and engagement rules.

    `name` is what it is asked for by; `description` says for whom it is, and what it takes to be hot.
    """

    name: str
    title: str
    description: str
    engagement: tuple[Level, ...]
    profile: tuple[Level, ...]
    rules: tuple[Rule, ...]


def _levels(colors: Sequence[str], rows: Sequence[tuple[int, str, str]]) -> tuple[Level, ...]:
    """Rows of (from, name, motion): each level ends where the next begins, so that no score is without one.

    The first takes all scores below, too: a rule set may have a floor under 0, or none.
    """
    starts = [start for start, _, _ in rows][1:]
    lows, highs = (None, *starts), (*(start - 1 for start in starts), None)
    return table(
        Level(name, low, high, color, motion)
        for (_, name, motion), low, high, color in zip(rows, lows, highs, colors, strict=True)
    )


def _rules(template: str, rows: Iterable[tuple[str, int, str]]) -> tuple[Rule, ...]:
    """Rows of (activity, points, name): the id follows from the activity, so that words may change."""
    return tuple(
        Rule(f"{template}-{activity.lower().replace('_', '-')}", name, activity, points)
        for activity, points, name in rows
    )


_B2B_SAAS = Template(
    "b2b-saas",
    "B2B SaaS",
    "For software sold to companies by trial and demo. A trial with an integration connected and a colleague "
    "invited is Hot; so is a demo asked for after the pricing page and the integration docs.",
    _levels(
        _HEAT,
        (
            (0, "Cold", "Nurture with the product newsletter"),
            (25, "Warm", "Invite to a webinar on its use case"),
            (50, "Hot", "Call this week and offer a guided demo"),
            (80, "Very Hot", "Call today and send an order form"),
        ),
    ),
    _levels(
        _FIT,
        (
            (0, "Poor Fit", "Leave to self-service"),
            (15, "Fair Fit", "Ask for the size of the team and the tools it uses"),
            (30, "Strong Fit", "Assign to an account executive"),
        ),
    ),
    _rules(
        "b2b-saas",
        (
            ("EMAIL_OPENED", 1, "Opened an email: a weak sign, mail programs open them too"),
            ("WEBINAR_ATTENDED", 10, "Attended a webinar: gave an hour to the problem"),
            ("PRICING_PAGE_VISITED", 10, "Read the pricing page: weighs what it would cost"),
            ("INTEGRATION_DOCS_READ", 10, "Read the integration docs: checks that it suits their systems"),
            ("TRIAL_STARTED", 25, "Started a trial: wants to see for themselves"),
            ("INTEGRATION_CONNECTED", 20, "Connected an integration: works with their own data now"),
            ("SEAT_ADDED", 10, "Gave a colleague a seat: use is spreading in the team"),
            ("TRIAL_LIMIT_REACHED", 20, "Reached a limit of the trial: needs a paid plan"),
            ("SECURITY_REVIEW_REQUESTED", 25, "Asked for a security review: procurement has begun"),
            ("DEMO_REQUESTED", 35, "Asked for a demo: ready to talk to sales"),
            ("CAREERS_PAGE_VISITED", -10, "Read the careers page: may want a job, not the product"),
            ("TRIAL_IDLE", -15, "Left the trial alone for a week: interest has cooled"),
            ("TRIAL_EXPIRED", -25, "Let the trial run out: did not find enough to pay for"),
            ("UNSUBSCRIBED", -40, "Unsubscribed: does not want to hear from us"),
        ),
    ),
)

_E_COMMERCE = Template(
    "e-commerce",
    "E-commerce",
    "For online shops that want shoppers to buy and buyers to return. A filled cart and a checkout after "
    "some looking around is Buying, and so is an order; a second order makes a buyer Loyal.",
    _levels(
        _HEAT,
        (
            (0, "Browsing", "Show the bestsellers in the newsletter"),
            (15, "Tempted", "Remind of the cart and the wish list"),
            (35, "Buying", "Offer free delivery and what goes with the order"),
            (90, "Loyal", "Invite to the loyalty club, show new arrivals first"),
        ),
    ),
    _levels(
        _FIT,
        (
            (0, "Poor Fit", "Keep to the newsletter"),
            (15, "Fair Fit", "Send the offers of the season"),
            (30, "Strong Fit", "Offer personal advice and early access"),
        ),
    ),
    _rules(
        "e-commerce",
        (
            ("EMAIL_OPENED", 1, "Opened an email: a weak sign, mail programs open them too"),
            ("PRODUCT_VIEWED", 2, "Looked at a product: curious, no more yet"),
            ("WISHLIST_ADDED", 6, "Put a product on the wish list: waits for an occasion"),
            ("BACK_IN_STOCK_REQUESTED", 10, "Asked to hear when it is back in stock: would buy at once"),
            ("CART_ADDED", 10, "Put a product in the cart: means to buy"),
            ("CHECKOUT_STARTED", 15, "Began the checkout: a few clicks from an order"),
            ("ORDER_PLACED", 40, "Placed an order: trusts the shop"),
            ("ORDER_REPEATED", 50, "Ordered again: becomes a regular"),
            ("REVIEW_WRITTEN", 8, "Wrote a review: cares about the shop"),
            ("FRIEND_REFERRED", 15, "Referred a friend: stands up for the shop"),
            ("CART_ABANDONED", -5, "Left the cart behind: something held them back"),
            ("ORDER_RETURNED", -20, "Sent an order back: was disappointed"),
            ("UNSUBSCRIBED", -30, "Unsubscribed: does not want to hear from us"),
            ("PAYMENT_DISPUTED", -60, "Disputed a payment: the trust is gone"),
        ),
    ),
)

_AGENCY = Template(
    "agency",
    "Agency",
    "For marketing, design and software agencies that win projects by brief and pitch. A brief from someone "
    "who has asked for the rate card is Hot; so is a booked call after an audit and a case study.",
    _levels(
        _HEAT,
        (
            (0, "Cold", "Send the showcase of the month"),
            (20, "Warm", "Share a case study from their field"),
            (50, "Hot", "Hold a discovery call within two days"),
            (80, "Ready to Pitch", "Bring in a partner and write the proposal"),
        ),
    ),
    _levels(
        _FIT,
        (
            (0, "Poor Fit", "Recommend a freelancer or a fixed package"),
            (15, "Workable", "Ask for the budget and who decides"),
            (30, "Ideal Client", "Assign to a partner"),
        ),
    ),
    _rules(
        "agency",
        (
            ("EMAIL_OPENED", 1, "Opened an email: a weak sign, mail programs open them too"),
            ("PORTFOLIO_VIEWED", 4, "Looked through the portfolio: gets a feel for the work"),
            ("CASE_STUDY_READ", 8, "Read a case study: sees their own problem in it"),
            ("PROPOSAL_OPENED", 10, "Opened the proposal again: it is being passed around"),
            ("RATE_CARD_REQUESTED", 15, "Asked for the rate card: has a budget in mind"),
            ("CLIENT_REFERRED", 15, "Came on a client's word: the trust is there already"),
            ("DECISION_MAKER_INTRODUCED", 15, "Brought in who decides: the project is wanted"),
            ("AUDIT_REQUESTED", 20, "Asked for an audit: knows that something is wrong"),
            ("DISCOVERY_CALL_BOOKED", 25, "Booked a discovery call: makes time for us"),
            ("BRIEF_SUBMITTED", 35, "Sent a brief: has a project and a date"),
            ("DISCOVERY_CALL_MISSED", -20, "Missed the discovery call: other things come first"),
            ("PROJECT_POSTPONED", -25, "Put the project off: no budget this quarter"),
            ("UNSUBSCRIBED", -40, "Unsubscribed: does not want to hear from us"),
            ("PROPOSAL_DECLINED", -50, "Declined the proposal: another agency won"),
        ),
    ),
)

_REAL_ESTATE = Template(
    "real-estate",
    "Real estate",
    "For agents who lead buyers from the first listing to an offer. A search alert, a saved listing, the "
    "mortgage calculator and a viewing together are Serious; an approved mortgage and two viewings make a "
    "buyer Ready to Buy.",
    _levels(
        _HEAT,
        (
            (0, "Browsing", "Send new listings once a week"),
            (20, "Looking", "Call to learn the district, the size and the budget"),
            (45, "Serious", "Propose three viewings this week"),
            (80, "Ready to Buy", "Call today and prepare the offer"),
        ),
    ),
    _levels(
        _FIT,
        (
            (0, "Unqualified", "Ask when they want to move and how they will pay"),
            (15, "Possible Buyer", "Introduce a mortgage adviser"),
            (30, "Qualified Buyer", "Assign to the agent of the district"),
        ),
    ),
    _rules(
        "real-estate",
        (
            ("EMAIL_OPENED", 1, "Opened an email: a weak sign, mail programs open them too"),
            ("LISTING_VIEWED", 2, "Looked at a listing: many only dream"),
            ("LISTING_SAVED", 5, "Saved a listing: can see themselves living there"),
            ("SEARCH_ALERT_CREATED", 8, "Set up a search alert: knows what and where"),
            ("MORTGAGE_CALCULATED", 12, "Used the mortgage calculator: does the sums"),
            ("OPEN_HOUSE_VISITED", 15, "Came to an open house: gave up a Saturday"),
            ("VALUATION_REQUESTED", 20, "Asked what their own home is worth: must sell to buy"),
            ("VIEWING_BOOKED", 20, "Booked a viewing: wants to stand in the rooms"),
            ("SECOND_VIEWING_BOOKED", 25, "Booked a second viewing: decides about this one"),
            ("MORTGAGE_APPROVED", 35, "Has a mortgage approved in principle: is able to buy"),
            ("OFFER_MADE", 50, "Made an offer: names a price and means it"),
            ("VIEWING_MISSED", -20, "Missed a viewing: less serious than it seemed"),
            ("UNSUBSCRIBED", -30, "Unsubscribed: does not want to hear from us"),
            ("LEASE_RENEWED", -40, "Renewed the lease: will not move this year"),
        ),
    ),
)

_EDUCATION = Template(
    "education",
    "Education",
    "For schools, universities and course providers that fill places. A prospectus and an open day booked "
    "and attended make someone Likely to Apply; with an application begun and sent, Likely to Enrol.",
    _levels(
        _HEAT,
        (
            (0, "Curious", "Send stories of students and graduates"),
            (15, "Interested", "Invite to the next open day"),
            (40, "Likely to Apply", "Have an adviser call and help with the application"),
            (80, "Likely to Enrol", "Answer within a day and hold a place"),
        ),
    ),
    _levels(
        _FIT,
        (
            (0, "Unclear Fit", "Ask for the level, the subject and the year of entry"),
            (15, "Possible Fit", "Point to a preparatory course or a later intake"),
            (30, "Strong Fit", "Assign to an admissions adviser"),
        ),
    ),
    _rules(
        "education",
        (
            ("EMAIL_OPENED", 1, "Opened an email: a weak sign, mail programs open them too"),
            ("COURSE_PAGE_VISITED", 3, "Read a course page: has a subject in mind"),
            ("FEES_PAGE_VISITED", 8, "Read about fees and scholarships: works out how to pay"),
            ("PROSPECTUS_DOWNLOADED", 10, "Took the prospectus: compares schools"),
            ("STUDENT_CHAT_STARTED", 10, "Chatted with a student: asks what it is really like"),
            ("OPEN_DAY_BOOKED", 10, "Booked an open day: plans to come and see"),
            ("ADVISER_CALL_BOOKED", 15, "Booked a call with an adviser: has questions of their own"),
            ("OPEN_DAY_ATTENDED", 20, "Came to an open day: can picture being here"),
            ("APPLICATION_STARTED", 20, "Began an application: has made a choice"),
            ("APPLICATION_SUBMITTED", 30, "Sent the application: wants a place"),
            ("DEPOSIT_PAID", 50, "Paid the deposit: means to come"),
            ("OPEN_DAY_MISSED", -15, "Missed the open day: other schools come first"),
            ("UNSUBSCRIBED", -30, "Unsubscribed: does not want to hear from us"),
            ("APPLICATION_WITHDRAWN", -60, "Withdrew the application: has gone elsewhere"),
        ),
    ),
)

TEMPLATES: Mapping[str, Template] = {  # in the order to be shown
    template.name: template for template in (_B2B_SAAS, _E_COMMERCE, _AGENCY, _REAL_ESTATE, _EDUCATION)
}
