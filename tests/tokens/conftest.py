import pytest

from lexloom.tokens.learn import TokenizerConfig, train

TEXTS = [
    "The old house stood on the hill. Nobody had lived in the old house for twelve years!\n\n"
    "The dog's owner said: it isn't ours. They've gone to 北京.\n" * 3,
    "第一条　为了保护公民的合法权益，制定本法。第二条 本法适用于中华人民共和国境内的公民。\n" * 5,
    "Ann Lee went to 上海 in 1998, and 王芳 stayed in the house. naïve café 𠀀 😀\n" * 4,
]
SIZES = {"bpe": 700, "wordpiece": 220, "unigram": 480, "characters": 200}
MODELS = list(SIZES)


@pytest.fixture(scope="session")
def texts():
    return TEXTS


@pytest.fixture(scope="session")
def tokenizers():
    """One tokenizer of each model, trained on the same few texts."""
    return {
        name: train(TEXTS, TokenizerConfig(model=name, vocab_size=size))
        for name, size in SIZES.items()
    }


@pytest.fixture(params=MODELS)
def tokenizer(request, tokenizers):
    return tokenizers[request.param]


@pytest.fixture
def saved(tokenizers, tmp_path):
    """The folder of a byte-level tokenizer."""
    tokenizers["bpe"].save(tmp_path / "tok")
    return tmp_path / "tok"
