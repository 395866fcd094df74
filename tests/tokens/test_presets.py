import pytest

from lexloom.tokens.presets import SPECIAL_TOKENS
from lexloom.tokens.tokenizer import ROLES


@pytest.mark.parametrize("name", list(SPECIAL_TOKENS))
def test_roles_are_those_that_files_name_and_templates_use_known_tokens(name):
    special = SPECIAL_TOKENS[name]
    assert set(special.roles) <= set(ROLES)
    assert "unk_token" in special.roles
    assert len(set(special.tokens)) == len(special.tokens)
    for template in (special.single, special.pair):
        words = [word.partition(":")[0] for word in template.split()]
        assert set(words) - {"$A", "$B"} <= set(special.tokens)


def test_bert_has_the_tokens_of_bert():
    assert set(SPECIAL_TOKENS["bert"].tokens) == {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}


def test_two_texts_are_joined_as_the_family_does(tokenizers):
    library = tokenizers["wordpiece"].library
    assert library.encode("the", "house").tokens == ["[CLS]", "the", "[SEP]", "house", "[SEP]"]
    assert library.encode("the", "house").type_ids == [0, 0, 0, 1, 1]
