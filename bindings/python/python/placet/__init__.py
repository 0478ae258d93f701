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

from placet._difference import (
    AttributeChange,
    Constraint,
    Difference,
    DifferenceSample,
    DifferenceTotals,
    EffectChange,
    RuleChange,
    RulePart,
    Ruling,
)
from placet._effect import Effect
from placet._engine import Engine
from placet._errors import BindError, ColumnError, InvalidKeyError, PlacetError, PolicyError, RequestError
from placet._explanation import Change, Explanation, NewValue, Ways
from placet._placet import (
    Answer,
    Attribute,
    Batches,
    BoundPolicy,
    Decision,
    DecisionLog,
    Dependency,
    Diagnostic,
    Draft,
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
from placet._questions import Matrix, MatrixHeader, NextChange, Region, RegionAnswer, Regions, Segment, Timeline
from placet._testing import TestReport, TestResult

__all__ = [
    "Answer",
    "Attribute",
    "AttributeChange",
    "Batches",
    "BindError",
    "BoundPolicy",
    "Change",
    "ColumnError",
    "Constraint",
    "Decision",
    "DecisionLog",
    "Dependency",
    "Diagnostic",
    "Difference",
    "DifferenceSample",
    "DifferenceTotals",
    "Draft",
    "Effect",
    "EffectChange",
    "Engine",
    "Explanation",
    "Failure",
    "IncrementalDecision",
    "InvalidKeyError",
    "LogCounts",
    "Matrix",
    "MatrixHeader",
    "NewValue",
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
    "RuleChange",
    "RulePart",
    "Ruling",
    "Segment",
    "Strategy",
    "Swap",
    "Tally",
    "TestReport",
    "TestResult",
    "Timeline",
    "Ways",
    "__version__",
    "watch",
]
