// Words of UTF-8 text: cut, counted and turned into numbers in one pass.
#include <stdlib.h>

#include "classes.h"
#include "cpu.h"
#include "grow.h"
#include "lanes.h"

namespace lexloom {
namespace {

// What a character does; `words.py` makes the table and has the same in Python.
enum Kind { kSeparator = 0, kLetter = 1, kAlone = 2, kJoiner = 3, kLineEnd = 4 };

const uint32_t kSentenceEnd = 0xffffffffu;
const uint32_t kNone = 0xffffffffu;

const size_t kHead = 8;       // bytes of a number
const size_t kBehind = 16;    // bytes that are read behind a word
const size_t kMaxFound = 32;  // words whose slots are on their way from memory

struct Word {
  uint64_t start;  // among the bytes of all words
  uint32_t size;
};

// A word as it was read: its first bytes, with zeros behind a shorter one.
struct Found {
  uint64_t head, tail;
  uint32_t hash;
  uint32_t size;  // 0 is the end of a sentence
  const uint8_t* bytes;
};

struct Slot {
  uint64_t head, tail;
  uint64_t count;
  uint32_t hash;
  uint32_t id;
};

struct Counter {
  uint32_t* table;  // of each character: its kind in the upper byte, its lower case below
  size_t table_size;
  AsciiTable ascii;
  int instruction_set;
  Classes classes;
  Word* words;
  size_t num_words, max_words;
  uint8_t* bytes;  // of all words, one behind the other
  size_t num_bytes, max_bytes;
  Slot* slots;  // open addressing; a power of two, at most half of them taken
  size_t num_slots;
  Found found[kMaxFound];
  size_t num_found;
  uint8_t* word;  // the one that is being read character by character, behind those before it
  size_t word_size;
  uint8_t* room;
  size_t max_room;
  uint32_t* ids;
  size_t num_ids, sentence_words, max_sentence_words;
};

// The first bytes of a word as a number; what lies behind it is readable.
LEXLOOM_INLINE uint64_t head_of(const uint8_t* word, size_t size) {
  uint64_t head;
  memcpy(&head, word, 8);
  return size < kHead ? head & (((uint64_t)1 << 8 * size) - 1) : head;
}

LEXLOOM_INLINE uint64_t mixed(uint64_t hash, uint64_t part) {
  hash = (hash ^ part) * 0xff51afd7ed558ccdu;
  return hash ^ hash >> 32;
}

LEXLOOM_INLINE Found found_at(const uint8_t* word, size_t size) {
  Found found;
  found.head = head_of(word, size);
  found.tail = size > kHead ? head_of(word + kHead, size - kHead) : 0;
  uint64_t hash = mixed(mixed(0x9e3779b97f4a7c15u, found.head), found.tail);
  for (size_t at = 2 * kHead; at < size; at += kHead)
    hash = mixed(hash, head_of(word + at, size - at));
  found.hash = (uint32_t)(hash * 0xc4ceb9fe1a85ec53u >> 32);
  found.size = (uint32_t)size, found.bytes = word;
  return found;
}

bool rehash(Counter* c, size_t num_slots) {
  Slot* slots = (Slot*)aligned_alloc(64, num_slots * sizeof(Slot));
  if (!slots) return false;
  for (size_t at = 0; at < num_slots; ++at) slots[at].id = kNone;
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

bool add_word(Counter* c, size_t at, const Found& found) {
  if (!grow(&c->words, &c->max_words, c->num_words + 1)) return false;
  if (!grow(&c->bytes, &c->max_bytes, c->num_bytes + found.size)) return false;
  memcpy(c->bytes + c->num_bytes, found.bytes, found.size);
  c->words[c->num_words] = {c->num_bytes, found.size};
  c->num_bytes += found.size;
  c->slots[at] = {found.head, found.tail, 0, found.hash, (uint32_t)c->num_words++};
  return true;
}

LEXLOOM_INLINE bool is_same(const Counter* c, const Slot& slot, const Found& found) {
  if (slot.head != found.head || slot.tail != found.tail) return false;
  if (found.size <= 2 * kHead && slot.hash == found.hash) return true;
  const Word& known = c->words[slot.id];
  return known.size == found.size && !memcmp(c->bytes + known.start, found.bytes, known.size);
}

LEXLOOM_INLINE void end_sentence_now(Counter* c) {
  if (!c->sentence_words) return;
  c->ids[c->num_ids++] = kSentenceEnd;
  c->sentence_words = 0;
}

// Count the words that were found.
bool settle(Counter* c) {
  while (c->num_slots < 2 * (c->num_words + kMaxFound))
    if (!rehash(c, 2 * c->num_slots)) return false;
  for (size_t i = 0; i < c->num_found; ++i) {
    const Found& found = c->found[i];
    if (!found.size) {
      end_sentence_now(c);
      continue;
    }
    size_t at = found.hash & (c->num_slots - 1);
    while (c->slots[at].id != kNone && !is_same(c, c->slots[at], found))
      at = (at + 1) & (c->num_slots - 1);
    if (c->slots[at].id == kNone && !add_word(c, at, found)) return false;
    ++c->slots[at].count;
    c->ids[c->num_ids++] = c->slots[at].id;
    if (++c->sentence_words == c->max_sentence_words) end_sentence_now(c);
  }
  c->num_found = 0;
  return true;
}

LEXLOOM_INLINE bool push(Counter* c, const Found& found) {
  c->found[c->num_found++] = found;
  return c->num_found < kMaxFound || settle(c);
}

LEXLOOM_INLINE bool end_sentence(Counter* c) { return push(c, Found{0, 0, 0, 0, 0}); }

LEXLOOM_INLINE bool find_word(Counter* c, const uint8_t* word, size_t size) {
  const Found found = found_at(word, size);
  __builtin_prefetch(c->slots + (found.hash & (c->num_slots - 1)), 1, 3);
  return push(c, found);
}

// Count the word that was read character by character, if any, and begin another behind it.
LEXLOOM_INLINE bool end_word(Counter* c) {
  if (!c->word_size) return true;
  const uint8_t* word = c->word;
  const size_t size = c->word_size;
  c->word += size, c->word_size = 0;
  return find_word(c, word, size);
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
  return kind != kLineEnd || end_sentence(c);
}

// Read on character by character until no word is begun; null where there is no memory.
const uint8_t* take_slowly(Counter* c, const uint8_t* at, const uint8_t* end) {
  do {
    const Character character = character_at(at, end);
    at += character.size;
    if (!take(c, at, end, character.code)) return 0;
  } while (at < end && (c->word_size || *at >= 0x80));
  return end_word(c) ? at : 0;
}

// The next byte from `at` on that does more than to part words, or `size`; a word that was read
// beyond the chunk leaves `at` behind it, where it stays.
LEXLOOM_INLINE size_t next_start(const Classes& classes, size_t at, size_t size) {
  size_t block = at / 64;
  uint64_t mask = ~(uint64_t)0 << at % 64;
  for (; block * 64 < size; ++block, mask = ~(uint64_t)0) {
    const uint64_t left = (classes.letters[block] | classes.others[block]) & mask;
    if (left) return block * 64 + (size_t)__builtin_ctzll(left);
  }
  return at > size ? at : size;
}

// The next byte that is no letter of ASCII, or `size`.
LEXLOOM_INLINE size_t next_stop(const Classes& classes, size_t at, size_t size) {
  size_t block = at / 64;
  uint64_t mask = ~(uint64_t)0 << at % 64;
  for (; block * 64 < size; ++block, mask = ~(uint64_t)0) {
    const uint64_t left = ~classes.letters[block] & mask;
    if (left) {
      const size_t stop = block * 64 + (size_t)__builtin_ctzll(left);
      return stop < size ? stop : size;
    }
  }
  return size;
}

// Read the words that end in the next chunk; give how far, or null where there is no memory.
const uint8_t* take_chunk(Counter* c, const uint8_t* text, const uint8_t* end) {
  const size_t size = (size_t)(end - text) < kChunk ? (size_t)(end - text) : kChunk;
  const Classes& classes = c->classes;
  classify(c->ascii, c->instruction_set, text, size, &c->classes);
  size_t at = 0;
  while ((at = next_start(classes, at, size)) < size) {
    const size_t stop = next_stop(classes, at, size);
    const bool may_go_on = stop == size && text + size < end;
    if (may_go_on && at > 0) break;
    if (stop == at && c->ascii.other[text[at]] == kEndsLine) {
      if (!end_sentence(c)) return 0;
      ++at;
    } else if (stop == at || may_go_on ||
               (stop < size && c->ascii.other[text[stop]] == kNeedsLook)) {
      const uint8_t* behind = take_slowly(c, text + at, end);
      if (!behind) return 0;
      at = (size_t)(behind - text);
    } else {
      if (!find_word(c, classes.lower + at, stop - at)) return 0;
      at = stop;
    }
  }
  // the words lie in the chunk, which the next one overwrites
  return settle(c) ? text + at : 0;
}

}  // namespace
}  // namespace lexloom

// Make a counter; `table` has an entry for each character and one for all beyond.
LEXLOOM_EXPORT int lexloom_words_new(const uint32_t* table, int64_t table_size,
                                     int64_t max_sentence_words, int instruction_set,
                                     void** counter) {
  using namespace lexloom;
  Counter* c = (Counter*)calloc(1, sizeof(Counter));
  if (!c) return kNoMemory;
  c->table_size = (size_t)table_size - 1;
  c->max_sentence_words = (size_t)max_sentence_words;
  c->instruction_set = instruction_set;
  c->table = (uint32_t*)malloc((size_t)table_size * sizeof(uint32_t));
  *counter = c;
  if (!c->table || !rehash(c, 1 << 12)) return kNoMemory;
  memcpy(c->table, table, (size_t)table_size * sizeof(uint32_t));
  for (uint32_t code = 0; code < 128; ++code) {
    const uint32_t entry = entry_of(c, code), lower = lowered(c, code, entry), kind = entry >> 24;
    const bool is_letter = kind == kLetter && lower < 128;
    c->ascii.lower[code] = is_letter ? (uint8_t)lower : 0;
    const Other other = kind == kLineEnd ? kEndsLine : kind == kSeparator ? kParts : kNeedsLook;
    c->ascii.other[code] = is_letter ? kParts : other;
  }
  finish(&c->ascii);
  return kDone;
}

LEXLOOM_EXPORT int lexloom_words_free(void* counter) {
  lexloom::Counter* c = (lexloom::Counter*)counter;
  if (c) free(c->table), free(c->words), free(c->bytes), free(c->slots), free(c->room);
  free(c);
  return lexloom::kDone;
}

// Count whole lines of text. `ids` has room for `size` + 2 numbers: words by their first
// appearance, and the mark of a sentence's end.
LEXLOOM_EXPORT int lexloom_words_encode(void* counter, const uint8_t* text, int64_t size,
                                        uint32_t* ids, int64_t* num_ids) {
  using namespace lexloom;
  Counter* c = (Counter*)counter;
  if (!grow(&c->room, &c->max_room, (size_t)size * 2 + kBehind)) return kNoMemory;
  c->ids = ids, c->num_ids = 0, c->word = c->room, c->word_size = 0;
  const uint8_t* const end = text + size;
  while (text < end)
    if (!(text = take_chunk(c, text, end))) return kNoMemory;
  end_sentence_now(c);
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
  for (size_t id = 0; id < c->num_words; ++id)
    ends[id] = (int64_t)(c->words[id].start + c->words[id].size);
  for (size_t at = 0; at < c->num_slots; ++at)
    if (c->slots[at].id != lexloom::kNone) counts[c->slots[at].id] = (int64_t)c->slots[at].count;
  return lexloom::kDone;
}
