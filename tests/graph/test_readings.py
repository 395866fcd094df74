from dataclasses import replace


def test_a_reading_with_more_facts_replaces_that_with_fewer_and_never_the_other_way(store, read):
    # what `extract --min-confidence` leaves out in one run may be wanted by the next
    full = read("d", [("Ada", "knows", "Bob")], events=[("met", {"who": "Ada"})]).extraction
    (event,) = full.events
    lesser = [
        replace(full, relations=(), events=()),
        replace(full, relations=()),
        replace(full, events=(replace(event, arguments=()),)),
        replace(full, entities=full.entities[:2], events=()),
        replace(
            full, events=(replace(event, arguments=(replace(event.arguments[0], entity=None),)),)
        ),
    ]
    for fewer in lesser:
        store.add(fewer)
        assert store.add(full).status == "replaced", fewer
        assert (store.stats().readings, store.stats().facts, store.stats().events) == (1, 1, 1)
        assert store.add(fewer).status == "unchanged"
        assert store.add(full).status == "unchanged"
        store.forget("d")


def test_a_fuller_reading_leaves_merges_by_hand_and_other_models_alone(store, read):
    full = read("d", [("Ada", "knows", "Bob"), ("Countess", "was", "Eve")]).extraction
    store.add(
        read("d", [("Ada", "knows", "Bob"), ("Countess", "was", "Eve")], model="m2").extraction
    )
    store.add(replace(full, relations=()))
    store.merge("Ada", "Countess")
    assert store.add(full).status == "replaced"
    assert store.stats().readings == 2
    assert store.show("Ada").entity.id == store.show("Countess").entity.id
