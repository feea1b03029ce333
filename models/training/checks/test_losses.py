"""What the losses ask, and what they leave alone."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from models.training.batches import NOT_SAID, Item
from models.training.losses import OPEN, allowed_loss, relation_loss, said_loss


def item(*, relations_said: bool = True, **more: Any) -> Item:
    """An item of five pieces whose relations are said."""
    bare = Item(source="own", ids=(0, 5, 6, 7, 2), spans=(), allowed=(), scheme=(), axes={})
    return replace(bare, relations_said=relations_said, **more)


def test_a_tag_that_is_not_allowed_costs_its_probability() -> None:
    """Of three equal tags one is right: the loss is log 3, two are right: log 3/2."""
    logits = torch.zeros(2, 3)
    one = allowed_loss(logits[:1], torch.tensor([[True, False, False]]))
    two = allowed_loss(logits[:1], torch.tensor([[False, True, True]]))
    assert one.item() == pytest.approx(math.log(3), abs=1e-6)
    assert two.item() == pytest.approx(math.log(1.5), abs=1e-6)


def test_a_piece_that_may_have_any_tag_teaches_nothing() -> None:
    """Its gradient is zero, and it does not thin out the others' mean."""
    logits = torch.randn(2, 3, requires_grad=True)
    allowed = torch.tensor([[True, True, True], [True, False, False]])
    loss = allowed_loss(logits, allowed)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() == 0
    assert loss.item() == pytest.approx(allowed_loss(logits[1:], allowed[1:]).item())


def test_any_allowed_tag_may_win() -> None:
    """Being sure of one of two allowed tags is as good as being sure of the other."""
    allowed = torch.tensor([[False, True, True]])
    sure = [allowed_loss(torch.tensor([row]), allowed).item() for row in ([0.0, 20.0, 0.0], [0.0, 0.0, 20.0])]
    assert max(sure) < 1e-4


def test_targets_that_are_not_said_are_not_asked() -> None:
    """No target at all is a loss of zero, not a division by zero."""
    logits = torch.randn(3, 4, requires_grad=True)
    assert said_loss(logits, torch.tensor([NOT_SAID] * 3)).item() == 0.0
    some = said_loss(logits, torch.tensor([NOT_SAID, 2, NOT_SAID]))
    assert some.item() == pytest.approx(said_loss(logits[1:2], torch.tensor([2])).item())


def test_relations_are_asked_only_where_the_source_says_them() -> None:
    """A pair that is related and scored low costs more than one that is scored high; a silent source costs nothing."""
    q, k = torch.ones(1, 5, 64), torch.ones(1, 5, 64)
    told = item(dependents=(1,), heads=(3,), pairs=frozenset({(1, 3)}))
    untold = item(dependents=(1,), heads=(3,), pairs=frozenset())
    silent = item(dependents=(1,), heads=(3,), relations_said=False)
    assert relation_loss(q, k, [told]) < 0.01 < relation_loss(q, k, [untold])
    assert relation_loss(q, k, [silent]).item() == 0.0


def test_where_a_source_is_silent_its_open_labels_are_worth_little() -> None:
    """Outside is better than a label that the source does not annotate, which is better than one that it does."""
    silent = torch.tensor([[True, True, False]])
    rows = ([20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0])
    outside, left_open, annotated = (allowed_loss(torch.tensor([row]), silent).item() for row in rows)
    assert outside < 1e-4 < left_open < annotated
    assert left_open == pytest.approx(-math.log(OPEN), abs=1e-3)
