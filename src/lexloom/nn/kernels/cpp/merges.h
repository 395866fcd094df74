// Byte-pair encoding of a word (Sennrich et al., 2016): of the pairs of neighbouring symbols the one
// of the lowest rank becomes a symbol, the leftmost where several have it, until none has a rank.
#pragma once

#include <stdlib.h>

#include <algorithm>

#include "lanes.h"

namespace lexloom {
namespace {

const uint32_t kNone = 0xffffffffu;
const size_t kFew = 64;  // symbols of a word whose pairs are looked through again for every merge

struct Slot {
  uint32_t left, right;
  uint32_t rank;
};

struct Merges {
  uint32_t bytes[256];
  uint32_t* merged;  // by rank
  Slot* slots;       // open addressing; a power of two, at most half of them taken
  size_t num_slots;
  int shift;
  uint32_t num_spelling;
};

// A symbol of a long word, and the rank of the pair that it makes with the next one.
struct Symbol {
  size_t previous, next;
  uint32_t id, rank;
};

// A pair that may have been changed since; then its first symbol has another rank.
struct Candidate {
  uint32_t rank;
  size_t at;
};

// What a heap has on top is the greatest.
LEXLOOM_INLINE bool operator<(const Candidate& one, const Candidate& other) {
  return one.rank != other.rank ? one.rank > other.rank : one.at > other.at;
}

// What a long word is merged in.
struct Room {
  Symbol* symbols;
  Candidate* heap;
  size_t max_symbols;
};

LEXLOOM_INLINE Slot* slot_of(const Merges* m, uint32_t left, uint32_t right) {
  const uint64_t pair = (uint64_t)left << 32 | right;
  size_t at = (size_t)((pair ^ pair >> 29) * 0x9e3779b97f4a7c15u >> m->shift);
  Slot* slot = m->slots + at;
  while (slot->rank != kNone && (slot->left != left || slot->right != right)) {
    at = (at + 1) & (m->num_slots - 1);
    slot = m->slots + at;
  }
  return slot;
}

LEXLOOM_INLINE uint32_t rank_of(const Merges* m, uint32_t left, uint32_t right) {
  return slot_of(m, left, right)->rank;
}

LEXLOOM_INLINE bool goes_on(uint8_t byte) { return (byte & 0xc0) == 0x80; }

// Count the first merges that only put together the bytes of one character, from its first byte on.
// The bytes of no two characters meet in them, and no later merge makes what they would take, so
// they can be done for each character by itself before all others.
bool count_spelling(Merges* m, const uint32_t* merges, size_t num_merges, size_t num_ids) {
  enum { kBegins = 1, kGoesOn = 2 };
  uint8_t* kinds = (uint8_t*)calloc(num_ids, 1);
  if (!kinds) return false;
  for (uint32_t byte = 0x80; byte < 256; ++byte)
    kinds[m->bytes[byte]] = goes_on((uint8_t)byte) ? kGoesOn : kBegins;
  for (; m->num_spelling < num_merges; ++m->num_spelling) {
    const uint32_t* merge = merges + 3 * m->num_spelling;
    if (kinds[merge[0]] != kBegins || kinds[merge[1]] != kGoesOn) break;
    kinds[merge[2]] = kBegins;
  }
  free(kinds);
  return true;
}

// Write the symbols that a word begins with, a character of several bytes as far as it is put
// together before all else; give how many there are.
size_t spell(const Merges* m, const uint8_t* at, const uint8_t* end, uint32_t* ids) {
  uint32_t* to = ids;
  while (at < end) {
    const bool may_grow = *at >= 0xc0;
    uint32_t id = m->bytes[*at++];
    while (may_grow && at < end && goes_on(*at)) {
      const uint32_t rank = rank_of(m, id, m->bytes[*at]);
      if (rank >= m->num_spelling) break;
      id = m->merged[rank], ++at;
    }
    *to++ = id;
  }
  return (size_t)(to - ids);
}

size_t merge_few(const Merges* m, uint32_t* ids, size_t count) {
  uint32_t ranks[kFew];  // of each symbol with the next
  for (size_t i = 0; i + 1 < count; ++i) ranks[i] = rank_of(m, ids[i], ids[i + 1]);
  while (count > 1) {
    size_t at = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (ranks[i] < ranks[at]) at = i;
    if (ranks[at] == kNone) break;
    ids[at] = m->merged[ranks[at]];
    --count;
    for (size_t i = at + 1; i < count; ++i) ids[i] = ids[i + 1];
    for (size_t i = at + 1; i + 1 < count; ++i) ranks[i] = ranks[i + 1];
    if (at) ranks[at - 1] = rank_of(m, ids[at - 1], ids[at]);
    if (at + 1 < count) ranks[at] = rank_of(m, ids[at], ids[at + 1]);
  }
  return count;
}

// Rank the pair that a symbol makes with the next one, and keep it among the candidates.
LEXLOOM_INLINE Candidate* rank_pair(const Merges* m, Symbol* symbols, size_t at, size_t count,
                                    Candidate* to) {
  Symbol& symbol = symbols[at];
  symbol.rank =
      symbol.next < count ? rank_of(m, symbol.id, symbols[symbol.next].id) : kNone;
  if (symbol.rank == kNone) return to;
  *to = {symbol.rank, at};
  return to + 1;
}

// The time grows with the length a little faster than the length does; the room holds a candidate
// of each pair, and one more for each merge.
size_t merge_many(const Merges* m, uint32_t* ids, size_t count, const Room& room) {
  Symbol* symbols = room.symbols;
  for (size_t i = 0; i < count; ++i) symbols[i] = {i - 1, i + 1, ids[i], kNone};
  Candidate *heap = room.heap, *end = heap;
  for (size_t i = 0; i < count; ++i) end = rank_pair(m, symbols, i, count, end);
  std::make_heap(heap, end);
  while (end > heap) {
    std::pop_heap(heap, end);
    const Candidate best = *--end;
    Symbol& symbol = symbols[best.at];
    if (symbol.rank != best.rank) continue;
    Symbol& taken = symbols[symbol.next];
    symbol.id = m->merged[best.rank];
    symbol.next = taken.next, taken.rank = kNone;
    if (symbol.next < count) symbols[symbol.next].previous = best.at;
    const size_t changed[] = {best.at, symbol.previous};
    for (size_t i = 0; i < (best.at ? 2 : 1); ++i) {
      Candidate* behind = rank_pair(m, symbols, changed[i], count, end);
      if (behind > end) std::push_heap(heap, end = behind);
    }
  }
  size_t num_left = 0;
  for (size_t at = 0; at < count; at = symbols[at].next) ids[num_left++] = symbols[at].id;
  return num_left;
}

bool make_room(Room* room, size_t count) {
  if (count <= room->max_symbols) return true;
  free(room->symbols), free(room->heap);
  room->symbols = (Symbol*)malloc(count * sizeof(Symbol));
  room->heap = (Candidate*)malloc(2 * count * sizeof(Candidate));
  room->max_symbols = room->symbols && room->heap ? count : 0;
  return room->max_symbols > 0;
}

// Write the ids of a word, which has room for one of each byte; false where there is no memory.
bool merge_word(const Merges* m, const uint8_t* word, size_t size, Room* room, uint32_t* ids,
                size_t* count) {
  *count = spell(m, word, word + size, ids);
  if (*count <= kFew) {
    *count = merge_few(m, ids, *count);
    return true;
  }
  if (!make_room(room, *count)) return false;
  *count = merge_many(m, ids, *count, *room);
  return true;
}

bool make_merges(Merges* m, const uint32_t* merges, size_t num_merges, const uint32_t* bytes,
                 size_t num_ids) {
  for (m->num_slots = 2, m->shift = 63; m->num_slots < 2 * num_merges; --m->shift)
    m->num_slots *= 2;
  m->slots = (Slot*)malloc(m->num_slots * sizeof(Slot));
  m->merged = (uint32_t*)malloc((num_merges + 1) * sizeof(uint32_t));
  if (!m->slots || !m->merged) return false;
  for (size_t at = 0; at < m->num_slots; ++at) m->slots[at].rank = kNone;
  memcpy(m->bytes, bytes, sizeof(m->bytes));
  for (uint32_t rank = 0; rank < num_merges; ++rank) {
    const uint32_t* merge = merges + 3 * (size_t)rank;
    *slot_of(m, merge[0], merge[1]) = {merge[0], merge[1], rank};
    m->merged[rank] = merge[2];
  }
  return count_spelling(m, merges, num_merges, num_ids);
}

}  // namespace
}  // namespace lexloom
