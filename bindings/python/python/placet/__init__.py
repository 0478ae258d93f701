"""Placet: may this be done with this data for this purpose? Answered inside your process.

Examples
--------
>>> import placet
>>> policy = placet.Policy.from_text('''
...     policy shop
...     request { subject.age: int 0..150  consent: { granted, refused } }
...     rule consented { allow when consent is granted and subject.age >= 13 }
... ''')
>>> policy.decide({"subject": {"age": 30}})
<Decision indeterminate until it is known: consent>
"""

from placet._effect import Effect
from placet._engine import Engine
from placet._errors import BindError, ColumnError, InvalidKeyError, PlacetError, PolicyError, RequestError
from placet._placet import (
    Answer,
    Attribute,
    Batches,
    BoundPolicy,
    Decision,
    DecisionLog,
    Dependency,
    Diagnostic,
    Failure,
    IncrementalDecision,
    LogCounts,
    Obligation,
    Origin,
    Policy,
    ReloadCounts,
    Reloader,
    ReloadReport,
    Resolver,
    ResolverCounts,
    Strategy,
    Swap,
    Tally,
    __version__,
    watch,
)
from placet._questions import Matrix, MatrixHeader, NextChange, Region, RegionAnswer, Regions

__all__ = [
    "Answer",
    "Attribute",
    "Batches",
    "BindError",
    "BoundPolicy",
    "ColumnError",
    "Decision",
    "DecisionLog",
    "Dependency",
    "Diagnostic",
    "Effect",
    "Engine",
    "Failure",
    "IncrementalDecision",
    "InvalidKeyError",
    "LogCounts",
    "Matrix",
    "MatrixHeader",
    "NextChange",
    "Obligation",
    "Origin",
    "PlacetError",
    "Policy",
    "PolicyError",
    "Region",
    "RegionAnswer",
    "Regions",
    "ReloadCounts",
    "ReloadReport",
    "Reloader",
    "RequestError",
    "Resolver",
    "ResolverCounts",
    "Strategy",
    "Swap",
    "Tally",
    "__version__",
    "watch",
]
