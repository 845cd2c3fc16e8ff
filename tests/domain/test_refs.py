"""Vendor keys and references to a vendor's objects."""

import pytest

from groupgate.domain.refs import (
    AccountKey,
    CollectionRef,
    GroupRef,
    NamedAccount,
    ProductRef,
    ProviderKey,
)


def test_each_vendor_has_a_key_and_a_display_name() -> None:
    assert [(key.name, key.value, key.display_name) for key in ProviderKey] == [
        ("AXIM", "AXIM", "Axim Commerce"),
        ("DODO", "DODO", "Dodo Payments"),
        ("TWO_CHECKOUT", "TWO_CHECKOUT", "2Checkout"),
    ]


def test_a_vendor_is_found_by_its_key_and_not_by_its_display_name() -> None:
    assert ProviderKey("DODO") is ProviderKey.DODO
    with pytest.raises(ValueError, match="'Dodo Payments' is not a valid ProviderKey"):
        ProviderKey("Dodo Payments")


def test_a_named_account_differs_from_its_vendor_and_from_other_accounts() -> None:
    eu, us = NamedAccount(ProviderKey.DODO, "eu"), NamedAccount(ProviderKey.DODO, "us")
    keys: list[AccountKey] = [ProviderKey.DODO, eu, us, NamedAccount(ProviderKey.AXIM, "eu")]

    assert len({ProductRef(provider=key, native_id="7") for key in keys}) == 4
    assert eu == NamedAccount(ProviderKey.DODO, "eu")
    assert [key.path for key in keys] == ["DODO", "DODO/eu", "DODO/us", "AXIM/eu"]
    assert [key.account for key in keys] == ["default", "eu", "us", "eu"]
    assert {key.vendor for key in keys[:3]} == {ProviderKey.DODO}
    assert eu.display_name == "Dodo Payments"


def test_only_a_named_account_has_the_account_in_its_labels() -> None:
    assert ProviderKey.DODO.labels == {"provider": "DODO"}
    assert NamedAccount(ProviderKey.DODO, "eu").labels == {"provider": "DODO", "account": "eu"}


def test_a_group_knows_its_collection() -> None:
    group = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="monthly")

    assert group.collection == CollectionRef(provider=ProviderKey.DODO, native_id="suite")


def test_a_group_without_a_collection_id_is_in_the_implicit_collection() -> None:
    group = GroupRef(provider=ProviderKey.AXIM, native_id="7")

    assert group.collection == CollectionRef(provider=ProviderKey.AXIM)
    assert group.collection.native_id is None


def test_refs_are_equal_only_if_kind_vendor_and_ids_are_equal() -> None:
    refs = [
        CollectionRef(provider=ProviderKey.AXIM),
        CollectionRef(provider=ProviderKey.AXIM, native_id="7"),
        CollectionRef(provider=ProviderKey.DODO, native_id="7"),
        GroupRef(provider=ProviderKey.AXIM, native_id="7"),
        GroupRef(provider=ProviderKey.AXIM, collection_id="1", native_id="7"),
        ProductRef(provider=ProviderKey.AXIM, native_id="7"),
    ]

    assert len({*refs, *refs}) == len(refs) == 6
    assert ProductRef(provider=ProviderKey.AXIM, native_id="7") == refs[-1]


def test_each_kind_of_ref_has_a_noun_for_messages() -> None:
    assert [kind.noun for kind in (CollectionRef, GroupRef, ProductRef)] == [
        "collection",
        "group",
        "product",
    ]
