"""The mutations of SLA terms and reports."""

import strawberry


@strawberry.type
class SlaMutation:
    pass
