// Texts to ids by byte-level BPE: cut into words, which are merged, or known from before.
#include "cpu.h"
#include "grow.h"
#include "merges.h"

namespace lexloom {
namespace {

// What characters are; `bpe.py` has the same. `kOther` is left to the caller, with what it stands
// in between white space and Chinese; so is the whole of a text with one that is `kUnsure`.
enum Kind { kOther = 0, kSpace = 1, kHan = 2, kLetter = 3, kDigit = 4, kMark = 5, kUnsure = 6 };

const uint8_t kEnd = 255;
const size_t kMaxDigits = 3;  // of a word
const size_t kMaxKept = 32;   // bytes of a word that is remembered: longer ones rarely come again
const size_t kMaxBytes = (size_t)1 << 28;  // of all that is remembered

// A word that was met, or a chunk that the caller encoded.
struct Known {
  uint64_t hash;
  size_t start, first_id;
  uint32_t size;  // 0 where there is none
  uint32_t num_ids;
};

struct Encoder {
  Merges merges;
  uint8_t* table;  // the kind of each character; the last one is that of all beyond
  size_t table_size;
  Known* known;  // open addressing; a power of two, at most half of them taken
  size_t num_slots, num_known;
  uint8_t* bytes;  // of all that is known, one behind the other
  size_t num_bytes, max_bytes;
  uint32_t* known_ids;
  size_t num_known_ids, max_known_ids;
  Room room;
  uint8_t* kinds;  // of each byte of a text, that of its character
  size_t max_kinds;
  const uint8_t* texts;
  uint32_t* ids;  // where the next ones go
  int64_t* unknown;
  size_t num_unknown;
};

LEXLOOM_INLINE uint64_t hash_of(const uint8_t* text, size_t size) {
  uint64_t hash = size, part;
  for (; size >= 8; text += 8, size -= 8) {
    memcpy(&part, text, 8);
    hash = (hash ^ part) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  part = 0;
  for (size_t i = 0; i < size; ++i) part |= (uint64_t)text[i] << 8 * i;
  hash = (hash ^ part) * 0xc4ceb9fe1a85ec53u;
  return hash ^ hash >> 29;
}

// What is known of some bytes, or where it would come to lie.
LEXLOOM_INLINE Known* find(const Encoder* e, const uint8_t* text, size_t size, uint64_t hash) {
  size_t at = hash & (e->num_slots - 1);
  for (;; at = (at + 1) & (e->num_slots - 1)) {
    Known* known = e->known + at;
    if (!known->size) return known;
    if (known->hash == hash && known->size == size && !memcmp(e->bytes + known->start, text, size))
      return known;
  }
}

bool rehash(Encoder* e, size_t num_slots) {
  Known* known = (Known*)calloc(num_slots, sizeof(Known));
  if (!known) return false;
  for (size_t from = 0; from < e->num_slots; ++from) {
    if (!e->known[from].size) continue;
    size_t at = e->known[from].hash & (num_slots - 1);
    while (known[at].size) at = (at + 1) & (num_slots - 1);
    known[at] = e->known[from];
  }
  free(e->known);
  e->known = known, e->num_slots = num_slots;
  return true;
}

bool remember(Encoder* e, const uint8_t* text, size_t size, const uint32_t* ids, size_t num_ids) {
  if (2 * (e->num_known + 1) > e->num_slots && !rehash(e, 2 * e->num_slots)) return false;
  if (!grow(&e->bytes, &e->max_bytes, e->num_bytes + size)) return false;
  if (!grow(&e->known_ids, &e->max_known_ids, e->num_known_ids + num_ids)) return false;
  const uint64_t hash = hash_of(text, size);
  Known* known = find(e, text, size, hash);
  if (known->size) return true;
  *known = {hash, e->num_bytes, e->num_known_ids, (uint32_t)size, (uint32_t)num_ids};
  memcpy(e->bytes + e->num_bytes, text, size);
  memcpy(e->known_ids + e->num_known_ids, ids, num_ids * sizeof(uint32_t));
  e->num_bytes += size, e->num_known_ids += num_ids, ++e->num_known;
  return true;
}

// Give the ids of some bytes if they are known.
LEXLOOM_INLINE bool recall(Encoder* e, const uint8_t* text, size_t size) {
  const Known* known = find(e, text, size, hash_of(text, size));
  if (!known->size) return false;
  const uint32_t* ids = e->known_ids + known->first_id;
  for (uint32_t i = 0; i < known->num_ids; ++i) e->ids[i] = ids[i];
  e->ids += known->num_ids;
  return true;
}

bool take_word(Encoder* e, const uint8_t* word, size_t size) {
  if (size <= kMaxKept && recall(e, word, size)) return true;
  size_t count;
  if (!merge_word(&e->merges, word, size, &e->room, e->ids, &count)) return false;
  e->ids += count;
  return size > kMaxKept || remember(e, word, size, e->ids - count, count);
}

// Look up what the caller must have encoded, or tell it to.
void take_chunk(Encoder* e, const uint8_t* chunk, size_t size) {
  if (recall(e, chunk, size)) return;
  e->unknown[2 * e->num_unknown] = chunk - e->texts;
  e->unknown[2 * e->num_unknown++ + 1] = chunk - e->texts + (int64_t)size;
}

// The bytes of 's, 'll and so on, where no letter comes behind; 0 where it is none of them.
LEXLOOM_INLINE size_t ending_at(const uint8_t* text, const uint8_t* kinds) {
  if (text[0] != '\'' || kinds[1] != kLetter) return 0;
  const uint8_t first = text[1];
  if (first == 's' || first == 'd' || first == 'm' || first == 't')
    return kinds[2] == kLetter ? 0 : 2;
  if (kinds[2] != kLetter || kinds[3] == kLetter) return 0;
  const uint8_t second = text[2];
  return (first == 'l' && second == 'l') || ((first == 'v' || first == 'r') && second == 'e') ? 3 : 0;
}

// Take what lies between white space and Chinese, all of it known; a space may stand before it.
bool take_words(Encoder* e, const uint8_t* text, const uint8_t* kinds, size_t start, size_t at,
                size_t end) {
  while (at < end) {
    size_t stop = at;
    const uint8_t kind = kinds[at];
    if (const size_t size = start == at ? ending_at(text + at, kinds + at) : 0)
      stop += size;
    else if (kind == kDigit)
      while (kinds[stop] == kDigit && stop < at + kMaxDigits) ++stop;
    else
      while (kinds[stop] == kind) ++stop;
    if (!take_word(e, text + start, stop - start)) return false;
    start = at = stop;
  }
  return true;
}

// Cut a text as `learn.WORDS` does.
bool take_cut(Encoder* e, const uint8_t* text, const uint8_t* kinds, size_t size) {
  for (size_t at = 0, start, stop; at < size; at = stop) {
    start = stop = at;
    if (kinds[at] == kSpace) {
      while (kinds[stop] == kSpace) ++stop;
      size_t last = stop - 1;
      while (last > at && goes_on(text[last])) --last;
      // before a word, the last white space parts from the rest, and a space goes with the word
      if (stop < size && last > at) stop = last;
      if (stop == size || stop == last || text[at] != ' ') {
        if (!take_word(e, text + at, stop - at)) return false;
        continue;
      }
      at = stop;
    }
    bool is_known = true;
    if (kinds[at] == kHan) {
      while (kinds[stop] == kHan) ++stop;
      if (!take_word(e, text + start, stop - start)) return false;
      continue;
    }
    for (; kinds[stop] != kSpace && kinds[stop] != kHan && stop < size; ++stop)
      is_known &= kinds[stop] != kOther;
    if (!is_known)
      take_chunk(e, text + start, stop - start);
    else if (!take_words(e, text, kinds, start, at, stop))
      return false;
  }
  return true;
}

// Read one character; a byte that begins none is one that no table knows.
LEXLOOM_INLINE uint32_t character_at(const uint8_t* at, const uint8_t* end, size_t* size) {
  const uint32_t first = *at;
  *size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (first < 0x80) return first;
  if (*size == 1 || (size_t)(end - at) < *size) return *size = 1, kNone;
  uint32_t code = first & (0x7fu >> *size);
  for (size_t i = 1; i < *size; ++i) code = code << 6 | (at[i] & 0x3fu);
  return code;
}

bool take_text(Encoder* e, const uint8_t* text, size_t size) {
  if (!grow(&e->kinds, &e->max_kinds, size + 1)) return false;
  bool is_sure = true;
  for (size_t at = 0, width; at < size; at += width) {
    const uint32_t code = character_at(text + at, text + size, &width);
    const uint8_t kind = e->table[code < e->table_size ? code : e->table_size - 1];
    for (size_t i = 0; i < width; ++i) e->kinds[at + i] = kind;
    is_sure &= kind != kUnsure;
  }
  e->kinds[size] = kEnd;
  if (is_sure) return take_cut(e, text, e->kinds, size);
  take_chunk(e, text, size);
  return true;
}

}  // namespace
}  // namespace lexloom

// Make an encoder. `merges` has the left, right and merged id of each, the lowest rank first;
// `bytes` has the id of each byte; all ids are below `num_ids`. `table` has the kind of each
// character, the last one for all beyond.
LEXLOOM_EXPORT int lexloom_bpe_new(const uint32_t* merges, int64_t num_merges,
                                   const uint32_t* bytes, int64_t num_ids, const uint8_t* table,
                                   int64_t table_size, void** made) {
  using namespace lexloom;
  Encoder* e = (Encoder*)calloc(1, sizeof(Encoder));
  if (!e) return kNoMemory;
  *made = e;
  e->table = (uint8_t*)malloc((size_t)table_size);
  if (!e->table || !rehash(e, 1 << 12)) return kNoMemory;
  memcpy(e->table, table, e->table_size = (size_t)table_size);
  return make_merges(&e->merges, merges, (size_t)num_merges, bytes, (size_t)num_ids) ? kDone
                                                                                    : kNoMemory;
}

LEXLOOM_EXPORT int lexloom_bpe_free(void* made) {
  lexloom::Encoder* e = (lexloom::Encoder*)made;
  if (!e) return lexloom::kDone;
  free(e->merges.merged), free(e->merges.slots), free(e->room.symbols), free(e->room.heap);
  free(e->table), free(e->known), free(e->bytes), free(e->known_ids), free(e->kinds);
  free(e);
  return lexloom::kDone;
}

// Encode texts that lie behind each other; `ends` says where each ends. `ids` has room for one of
// each byte, and `counts` gets how many each text has. `unknown` gets where each chunk begins and
// ends that the caller must encode first, and has room for one of each byte; if there are any, the
// ids are not those of the texts.
LEXLOOM_EXPORT int lexloom_bpe_encode(void* made, const uint8_t* texts, const int64_t* ends,
                                      int64_t num_texts, uint32_t* ids, int32_t* counts,
                                      int64_t* unknown, int64_t* num_unknown) {
  using namespace lexloom;
  Encoder* e = (Encoder*)made;
  e->texts = texts, e->ids = ids, e->unknown = unknown, e->num_unknown = 0;
  for (int64_t i = 0, start = 0; i < num_texts; start = ends[i++]) {
    const uint32_t* first = e->ids;
    if (!take_text(e, texts + start, (size_t)(ends[i] - start))) return kNoMemory;
    counts[i] = (int32_t)(e->ids - first);
  }
  *num_unknown = (int64_t)e->num_unknown;
  return kDone;
}

// Remember chunks that the caller encoded.
LEXLOOM_EXPORT int lexloom_bpe_learn(void* made, const uint8_t* chunks, const int64_t* ends,
                                     int64_t num_chunks, const uint32_t* ids,
                                     const int32_t* counts) {
  using namespace lexloom;
  Encoder* e = (Encoder*)made;
  for (int64_t i = 0, start = 0; i < num_chunks; start = ends[i], ids += counts[i++])
    if (!remember(e, chunks + start, (size_t)(ends[i] - start), ids, (size_t)counts[i]))
      return kNoMemory;
  return kDone;
}

// Forget all if it is more than so many words and chunks, or too long ones.
LEXLOOM_EXPORT int lexloom_bpe_forget(void* made, int64_t max_known) {
  using namespace lexloom;
  Encoder* e = (Encoder*)made;
  if (e->num_known <= (size_t)max_known && e->num_bytes <= kMaxBytes) return kDone;
  memset(e->known, 0, e->num_slots * sizeof(Known));
  e->num_known = e->num_bytes = e->num_known_ids = 0;
  return kDone;
}
