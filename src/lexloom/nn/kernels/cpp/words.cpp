// Words of UTF-8 text: cut, counted and turned into numbers in one pass.
#include <stdlib.h>

#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

// What a character does; `words.py` makes the table and has the same in Python.
enum Kind { kSeparator = 0, kLetter = 1, kAlone = 2, kJoiner = 3, kLineEnd = 4 };

const uint32_t kSentenceEnd = 0xffffffffu;
const uint32_t kNone = 0xffffffffu;

const size_t kHead = 8;  // the bytes that a slot holds itself

struct Word {
  uint64_t start;  // among the bytes of all words
  uint32_t size;
};

struct Slot {
  uint64_t head;  // the first bytes of the word, zeros behind a shorter one
  uint32_t hash;
  uint32_t id;
};

struct Counter {
  uint32_t* table;  // of each character: its kind in the upper byte, its lower case below
  size_t table_size;
  uint8_t ascii[128];  // lower case of the letters, 0 for all else
  Word* words;
  uint64_t* counts;
  size_t num_words, max_words, max_counts;
  uint8_t* bytes;  // of all words, one behind the other
  size_t num_bytes, max_bytes;
  Slot* slots;  // open addressing; a power of two
  size_t num_slots;
  uint8_t* word;  // the one that is being read
  size_t word_size, max_word_size;
  uint32_t* ids;
  size_t num_ids, sentence_words, max_sentence_words;
};

template <class T>
bool grow(T** memory, size_t* capacity, size_t wanted) {
  if (wanted <= *capacity) return true;
  size_t size = *capacity ? *capacity : 1024;
  while (size < wanted) size *= 2;
  T* larger = (T*)realloc(*memory, size * sizeof(T));
  if (!larger) return false;
  *memory = larger, *capacity = size;
  return true;
}

LEXLOOM_INLINE uint64_t head_of(const uint8_t* word, size_t size) {
  uint64_t head;
  memcpy(&head, word, 8);  // what lies behind the word is readable
  return size < kHead ? head & (((uint64_t)1 << 8 * size) - 1) : head;
}

LEXLOOM_INLINE uint64_t mixed(uint64_t hash, uint64_t part) {
  hash = (hash ^ part) * 0xff51afd7ed558ccdu;
  return hash ^ hash >> 32;
}

LEXLOOM_INLINE uint32_t hash_of(const uint8_t* word, size_t size, uint64_t head) {
  uint64_t hash = mixed(0x9e3779b97f4a7c15u, head);
  for (size_t at = kHead; at < size; at += kHead) hash = mixed(hash, head_of(word + at, size - at));
  return (uint32_t)(hash * 0xc4ceb9fe1a85ec53u >> 32);
}

bool rehash(Counter* c) {
  const size_t num_slots = c->num_slots ? 2 * c->num_slots : 1 << 12;
  Slot* slots = (Slot*)malloc(num_slots * sizeof(Slot));
  if (!slots) return false;
  memset(slots, 0xff, num_slots * sizeof(Slot));
  for (size_t from = 0; from < c->num_slots; ++from) {
    if (c->slots[from].id == kNone) continue;
    size_t at = c->slots[from].hash & (num_slots - 1);
    while (slots[at].id != kNone) at = (at + 1) & (num_slots - 1);
    slots[at] = c->slots[from];
  }
  free(c->slots);
  c->slots = slots, c->num_slots = num_slots;
  return true;
}

bool add_word(Counter* c, size_t at, uint64_t head, uint32_t hash) {
  if (!grow(&c->words, &c->max_words, c->num_words + 1)) return false;
  if (!grow(&c->counts, &c->max_counts, c->num_words + 1)) return false;
  if (!grow(&c->bytes, &c->max_bytes, c->num_bytes + c->word_size)) return false;
  memcpy(c->bytes + c->num_bytes, c->word, c->word_size);
  c->words[c->num_words] = {c->num_bytes, (uint32_t)c->word_size};
  c->counts[c->num_words] = 0;
  c->num_bytes += c->word_size;
  c->slots[at] = {head, hash, (uint32_t)c->num_words++};
  return true;
}

LEXLOOM_INLINE bool is_same(const Counter* c, const Slot& slot, uint64_t head, uint32_t hash) {
  if (slot.head != head || slot.hash != hash) return false;
  if (c->word_size < kHead) return true;
  const Word& known = c->words[slot.id];
  return known.size == c->word_size && !memcmp(c->bytes + known.start, c->word, known.size);
}

LEXLOOM_INLINE void end_sentence(Counter* c) {
  if (!c->sentence_words) return;
  c->ids[c->num_ids++] = kSentenceEnd;
  c->sentence_words = 0;
}

// Count the word that was read, if any, and begin another.
LEXLOOM_INLINE bool end_word(Counter* c) {
  if (!c->word_size) return true;
  if (4 * (c->num_words + 1) > 3 * c->num_slots && !rehash(c)) return false;
  const uint64_t head = head_of(c->word, c->word_size);
  const uint32_t hash = hash_of(c->word, c->word_size, head);
  size_t at = hash & (c->num_slots - 1);
  while (c->slots[at].id != kNone && !is_same(c, c->slots[at], head, hash))
    at = (at + 1) & (c->num_slots - 1);
  if (c->slots[at].id == kNone && !add_word(c, at, head, hash)) return false;
  const uint32_t id = c->slots[at].id;
  ++c->counts[id];
  c->word_size = 0;
  c->ids[c->num_ids++] = id;
  if (++c->sentence_words == c->max_sentence_words) end_sentence(c);
  return true;
}

struct Character {
  uint32_t code;
  uint32_t size;  // bytes
};

// Read one character; a byte that begins none is one that no table knows.
LEXLOOM_INLINE Character character_at(const uint8_t* at, const uint8_t* end) {
  const uint32_t first = *at;
  if (first < 0x80) return {first, 1};
  const uint32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (size == 1 || (size_t)(end - at) < size) return {kNone, 1};
  uint32_t code = first & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i) code = code << 6 | (at[i] & 0x3fu);
  return {code, size};
}

LEXLOOM_INLINE uint32_t entry_of(const Counter* c, uint32_t code) {
  return code < c->table_size ? c->table[code] : c->table[c->table_size];
}

LEXLOOM_INLINE void append(Counter* c, uint32_t code) {
  uint8_t* to = c->word + c->word_size;
  if (code < 0x80) {
    to[0] = (uint8_t)code;
    c->word_size += 1;
  } else if (code < 0x800) {
    to[0] = (uint8_t)(0xc0 | code >> 6), to[1] = (uint8_t)(0x80 | (code & 0x3f));
    c->word_size += 2;
  } else if (code < 0x10000) {
    to[0] = (uint8_t)(0xe0 | code >> 12), to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    to[2] = (uint8_t)(0x80 | (code & 0x3f));
    c->word_size += 3;
  } else {
    to[0] = (uint8_t)(0xf0 | code >> 18), to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f)), to[3] = (uint8_t)(0x80 | (code & 0x3f));
    c->word_size += 4;
  }
}

// A character beyond the table keeps its own code; the table's last entry says its kind.
LEXLOOM_INLINE uint32_t lowered(const Counter* c, uint32_t code, uint32_t entry) {
  return code < c->table_size ? entry & 0xffffffu : code;
}

LEXLOOM_INLINE bool take(Counter* c, const uint8_t* behind, const uint8_t* end, uint32_t code) {
  const uint32_t entry = entry_of(c, code), kind = entry >> 24;
  if (kind == kLetter) {
    append(c, lowered(c, code, entry));
    return true;
  }
  if (kind == kJoiner && c->word_size && behind < end &&
      entry_of(c, character_at(behind, end).code) >> 24 == kLetter) {
    append(c, lowered(c, code, entry));
    return true;
  }
  if (!end_word(c)) return false;
  if (kind == kAlone) {
    append(c, lowered(c, code, entry));
    return end_word(c);
  }
  if (kind == kLineEnd) end_sentence(c);
  return true;
}

LEXLOOM_INLINE const uint8_t* take_letters(Counter* c, const uint8_t* at, const uint8_t* end) {
  uint8_t* word = c->word + c->word_size;
  while (at < end && *at < 128 && c->ascii[*at]) *word++ = c->ascii[*at++];
  c->word_size = (size_t)(word - c->word);
  return at;
}

}  // namespace
}  // namespace lexloom

// Make a counter; `table` has an entry for each character and one for all beyond.
LEXLOOM_EXPORT int lexloom_words_new(const uint32_t* table, int64_t table_size,
                                     int64_t max_sentence_words, void** counter) {
  using namespace lexloom;
  Counter* c = (Counter*)calloc(1, sizeof(Counter));
  if (!c) return kNoMemory;
  c->table_size = (size_t)table_size - 1;
  c->max_sentence_words = (size_t)max_sentence_words;
  c->table = (uint32_t*)malloc((size_t)table_size * sizeof(uint32_t));
  *counter = c;
  if (!c->table || !rehash(c)) return kNoMemory;
  memcpy(c->table, table, (size_t)table_size * sizeof(uint32_t));
  for (uint32_t code = 0; code < 128; ++code) {
    const uint32_t entry = entry_of(c, code), lower = lowered(c, code, entry);
    c->ascii[code] = entry >> 24 == kLetter && lower < 128 ? (uint8_t)lower : 0;
  }
  return kDone;
}

LEXLOOM_EXPORT int lexloom_words_free(void* counter) {
  lexloom::Counter* c = (lexloom::Counter*)counter;
  if (c) free(c->table), free(c->words), free(c->counts), free(c->bytes), free(c->slots), free(c->word);
  free(c);
  return lexloom::kDone;
}

// Count whole lines of text. `ids` has room for `size` + 2 numbers: words by their first
// appearance, and the mark of a sentence's end.
LEXLOOM_EXPORT int lexloom_words_encode(void* counter, const uint8_t* text, int64_t size,
                                        uint32_t* ids, int64_t* num_ids) {
  using namespace lexloom;
  Counter* c = (Counter*)counter;
  // 8 more, for the hash reads that many
  if (!grow(&c->word, &c->max_word_size, (size_t)size * 2 + 16)) return kNoMemory;
  c->ids = ids, c->num_ids = 0, c->word_size = 0;
  const uint8_t *at = text, *end = text + size;
  while ((at = take_letters(c, at, end)) < end) {
    const Character character = character_at(at, end);
    at += character.size;
    if (!take(c, at, end, character.code)) return kNoMemory;
  }
  if (!end_word(c)) return kNoMemory;
  end_sentence(c);
  *num_ids = (int64_t)c->num_ids;
  return kDone;
}

LEXLOOM_EXPORT int lexloom_words_sizes(void* counter, int64_t* num_words, int64_t* num_bytes) {
  const lexloom::Counter* c = (lexloom::Counter*)counter;
  *num_words = (int64_t)c->num_words, *num_bytes = (int64_t)c->num_bytes;
  return lexloom::kDone;
}

// Give the words one behind the other, where each ends, and their counts.
LEXLOOM_EXPORT int lexloom_words_list(void* counter, uint8_t* bytes, int64_t* ends,
                                      int64_t* counts) {
  const lexloom::Counter* c = (lexloom::Counter*)counter;
  if (c->num_bytes) memcpy(bytes, c->bytes, c->num_bytes);
  for (size_t id = 0; id < c->num_words; ++id) {
    ends[id] = (int64_t)(c->words[id].start + c->words[id].size);
    counts[id] = (int64_t)c->counts[id];
  }
  return lexloom::kDone;
}
