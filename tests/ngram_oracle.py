"""Every smoothing once more, word by word with dictionaries, as the textbooks write it."""

from collections import Counter, defaultdict

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


class Oracle:
    """Probabilities of a word behind a context, from sentences of words."""

    def __init__(self, sentences, smoothing, order, *, k=0.1, min_count=1):
        frequencies = Counter(word for sentence in sentences for word in sentence)
        keep = {word for word, count in frequencies.items() if count >= min_count}
        keep -= {BEGIN, END, UNKNOWN}
        self.words = [*sorted(keep), UNKNOWN, END]
        self.uniform = 1 / len(self.words)
        self.k, self.order, self.smoothing = k, order, smoothing
        raw = [Counter() for _ in range(order)]
        for sentence in sentences:
            tokens = [BEGIN, *(word if word in keep else UNKNOWN for word in sentence), END]
            for n in range(1, order + 1):
                for start in range(len(tokens) - n + 1):
                    raw[n - 1][tuple(tokens[start : start + n])] += 1
        del raw[0][(BEGIN,)]
        self.counts = raw
        if smoothing == "kneser-ney":
            self.counts = [self._continued(raw, n) for n in range(1, order)] + [raw[-1]]
        self.behind = [defaultdict(dict) for _ in range(order)]
        for level, counts in zip(self.behind, self.counts, strict=True):
            for gram, count in counts.items():
                level[gram[:-1]][gram[-1]] = count
        self.cache = {}

    @staticmethod
    def _continued(raw, n):
        before = defaultdict(set)
        for gram in raw[n]:
            before[gram[1:]].add(gram[0])
        return {
            gram: raw[n - 1][gram] if gram[0] == BEGIN else len(before[gram]) for gram in raw[n - 1]
        }

    def number(self, n, r):
        return sum(count == r for count in self.counts[n - 1].values())

    def kneser_ney(self, n):
        numbers = [self.number(n, r) for r in range(5)]
        if 0 in numbers[1:4]:
            return [0, 0.5, 1, 1.5]
        y = numbers[1] / (numbers[1] + 2 * numbers[2])
        found = [0] + [r - (r + 1) * y * numbers[r + 1] / numbers[r] for r in (1, 2, 3)]
        bad = any(not 0 <= found[r] <= r for r in (1, 2, 3))
        return [0, 0.5, 1, 1.5] if bad else found

    def good_turing(self, n):
        numbers = [self.number(n, r) for r in range(7)]
        for k in (5, 4, 3, 2, 1):
            if 0 in numbers[1 : k + 2]:
                continue
            a = (k + 1) * numbers[k + 1] / numbers[1]
            if a == 1:
                continue
            stars = {r: (r + 1) * numbers[r + 1] / numbers[r] for r in range(1, k + 1)}
            found = {r: (star / r - a) / (1 - a) for r, star in stars.items()}
            if all(0 < ratio <= 1 for ratio in found.values()):
                return found
        return {}

    def probability(self, word, context=()):
        context = tuple(context)[max(0, len(context) - self.order + 1) :]
        return self.distribution(context)[word]

    def distribution(self, context):
        if context not in self.cache:
            self.cache[context] = self._distribution(context)
        return self.cache[context]

    def _distribution(self, context):
        lower = (
            self.distribution(context[1:]) if context else dict.fromkeys(self.words, self.uniform)
        )
        seen = self.behind[len(context)].get(context, {})
        total, n = sum(seen.values()), len(context) + 1
        if self.smoothing == "add-k":
            size = len(self.words)
            return {w: (seen.get(w, 0) + self.k) / (total + self.k * size) for w in self.words}
        if not total:
            return lower
        if self.smoothing == "maximum-likelihood":
            return {w: seen.get(w, 0) / total for w in self.words}
        if self.smoothing == "good-turing":
            return self._katz(seen, total, n, lower)
        if self.smoothing == "witten-bell":
            kinds = len([count for count in seen.values() if count])
            return {w: (seen.get(w, 0) + kinds * lower[w]) / (total + kinds) for w in self.words}
        if self.smoothing == "absolute":
            one, two = self.number(n, 1), self.number(n, 2)
            d = one / (one + 2 * two) if one and two else 0.5
            taken = {w: d if count else 0 for w, count in seen.items()}
        else:
            table = self.kneser_ney(n)
            taken = {w: table[min(count, 3)] for w, count in seen.items()}
        left = sum(taken.values()) / total
        return {w: (seen.get(w, 0) - taken.get(w, 0)) / total + left * lower[w] for w in self.words}

    def _katz(self, seen, total, n, lower):
        ratios = self.good_turing(n)
        kept = {w: count * ratios.get(count, 1) for w, count in seen.items() if count}
        left = total - sum(kept.values())
        if left < 1e-9 * total:
            left, total = 1, total + 1
        others = 1 - sum(lower[w] for w in kept)
        if others < 1e-9:
            return {w: kept.get(w, 0) / sum(kept.values()) for w in self.words}
        return {
            w: kept[w] / total if w in kept else left / total * lower[w] / others
            for w in self.words
        }
