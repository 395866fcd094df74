// word2vec (Mikolov et al., 2013): skip-gram and CBOW, negative sampling and hierarchical softmax.
#include "word2vec.h"

#include <stdlib.h>

#include "cbow.h"
#include "cpu.h"
#include "lanes.h"
#include "step.h"

namespace lexloom {
namespace {

const uint32_t kSentenceEnd = 0xffffffffu;
const size_t kMaxSentence = 10000;

// SplitMix64 (Steele et al., 2014).
LEXLOOM_INLINE uint64_t draw(uint64_t* state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

LEXLOOM_INLINE uint32_t below(uint64_t drawn, uint64_t limit) {
  return (uint32_t)((drawn >> 32) * limit >> 32);
}

// What one step learns from: rows, and the labels of their pairs.
struct Plan {
  float **inputs, **outputs;
  size_t num_inputs, num_outputs;
  size_t num_ahead;  // rows to fetch: the outputs, and behind them an input that comes into reach
  uint32_t target;
  float lr;
};

struct Memory {
  uint32_t* sentence;
  float *products, *labels, *changes, *mean;
  Plan plans[2];
};

// Where the walk through the corpus is.
struct Walk {
  const Word2vecJob* job;
  uint32_t* sentence;
  size_t size, at;
  int64_t position;
  uint64_t random;
  float lr;
  int64_t num_trained_words;
};

LEXLOOM_INLINE float* row(float* rows, uint32_t id, int64_t stride) {
  return rows + (size_t)id * (size_t)stride;
}

LEXLOOM_INLINE void prefetch(const float* from, int64_t size) {
  for (int64_t k = 0; k < size; k += 16) __builtin_prefetch(from + k, 1, 3);
}

// Read the next sentence, without the words that chance leaves out.
LEXLOOM_INLINE bool read_sentence(Walk* walk) {
  const Word2vecJob& job = *walk->job;
  while (walk->position < job.stop) {
    walk->lr = (float)(job.lr_start + (job.lr_stop - job.lr_start) *
                                          (double)(walk->position - job.start) /
                                          (double)(job.stop - job.start));
    size_t size = 0, num_words = 0;
    while (walk->position < job.num_ids && num_words < kMaxSentence) {
      const uint32_t id = job.ids[walk->position++];
      if (id == kSentenceEnd) break;
      ++num_words;
      if ((uint32_t)(draw(&walk->random) >> 32) <= job.keep[id]) walk->sentence[size++] = id;
    }
    walk->num_trained_words += (int64_t)num_words;
    if (size < 2) continue;
    walk->size = size, walk->at = 0;
    for (size_t i = 0; i <= (size_t)job.window && i < size; ++i)
      prefetch(row(job.inputs, walk->sentence[i], job.stride), job.stride);
    return true;
  }
  return false;
}

LEXLOOM_INLINE void add_output(Plan* plan, const Word2vecJob& job, uint32_t id) {
  plan->outputs[plan->num_outputs++] = row(job.outputs, id, job.stride);
}

// The word itself and words by chance; one that comes again counts once.
LEXLOOM_INLINE void plan_negatives(Walk* walk, Plan* plan) {
  const Word2vecJob& job = *walk->job;
  add_output(plan, job, plan->target);
  for (int64_t count = 0; count < job.negative; ++count) {
    const uint64_t drawn = draw(&walk->random);
    const uint32_t slot = below(drawn, (uint64_t)job.num_words);
    const bool own = (uint32_t)drawn <= job.alias[2 * slot];
    const uint32_t id = own ? slot : job.alias[2 * slot + 1];
    const float* found = row(job.outputs, id, job.stride);
    bool is_new = true;
    for (size_t j = 0; j < plan->num_outputs; ++j) is_new &= plan->outputs[j] != found;
    if (is_new) add_output(plan, job, id);
  }
}

LEXLOOM_INLINE bool next(Walk* walk, Plan* plan) {
  const Word2vecJob& job = *walk->job;
  if (walk->at >= walk->size && !read_sentence(walk)) return false;
  const size_t at = walk->at++, size = walk->size;
  const size_t reach = 1 + below(draw(&walk->random), (uint64_t)job.window);
  const size_t first = at > reach ? at - reach : 0;
  const size_t last = at + reach < size - 1 ? at + reach : size - 1;
  plan->num_inputs = plan->num_outputs = 0;
  plan->target = walk->sentence[at], plan->lr = walk->lr;
  for (size_t i = first; i <= last; ++i)
    if (i != at) plan->inputs[plan->num_inputs++] = row(job.inputs, walk->sentence[i], job.stride);
  if (job.path_starts) {
    for (int64_t i = job.path_starts[plan->target]; i < job.path_starts[plan->target + 1]; ++i)
      add_output(plan, job, job.path_nodes[i]);
  } else {
    plan_negatives(walk, plan);
  }
  plan->num_ahead = plan->num_outputs;
  if (at + (size_t)job.window + 1 < size)
    plan->outputs[plan->num_ahead++] =
        row(job.inputs, walk->sentence[at + (size_t)job.window + 1], job.stride);
  return true;
}

#define LEXLOOM_BLOCKS(F, count, ...)                 \
  switch (count) {                                    \
    case 1: F<W, 1>(__VA_ARGS__); break;              \
    case 2: F<W, 2>(__VA_ARGS__); break;              \
    case 3: F<W, 3>(__VA_ARGS__); break;              \
    case 4: F<W, 4>(__VA_ARGS__); break;              \
    case 5: F<W, 5>(__VA_ARGS__); break;              \
    default: F<W, 6>(__VA_ARGS__); break;             \
  }

LEXLOOM_INLINE size_t block_at(size_t first, size_t count) {
  return count - first < kOutputs ? count - first : kOutputs;
}

// Labels lie as the products do: block by block, in each input by input.
LEXLOOM_INLINE void label(const Plan& plan, size_t num_inputs, const Word2vecJob& job,
                          float* labels) {
  const float* path = job.path_starts ? job.path_labels + job.path_starts[plan.target] : 0;
  for (size_t j = 0; j < plan.num_outputs; j += kOutputs) {
    const size_t block = block_at(j, plan.num_outputs);
    for (size_t i = 0; i < num_inputs; ++i)
      for (size_t b = 0; b < block; ++b) *labels++ = path ? path[j + b] : j + b == 0 ? 1.0f : 0.0f;
  }
}

// products = the inputs' with each output, then lr times their gradients.
template <int W>
LEXLOOM_INLINE void multiply(float* const* inputs, size_t num_inputs, const Plan& plan,
                             const Word2vecJob& job, const Memory& memory, const Ahead& ahead,
                             Loss<W>* loss) {
  const size_t size = (size_t)job.stride;
  for (size_t j = 0; j < plan.num_outputs; j += kOutputs) {
    const size_t block = block_at(j, plan.num_outputs);
    const Ahead now = j ? Ahead{0, 0} : ahead;
    float* to = memory.products + num_inputs * j;
    LEXLOOM_BLOCKS(multiply_rows, block, inputs, num_inputs, plan.outputs + j, size, to, now)
  }
  label(plan, num_inputs, job, memory.labels);
  const size_t count = num_inputs * plan.num_outputs;
  gradients_of<W>(memory.products, memory.labels, count, plan.lr, loss);
}

LEXLOOM_INLINE bool has_twins(const Plan& plan) {
  bool found = false;
  for (size_t i = 1; i < plan.num_inputs; ++i)
    for (size_t j = 0; j < i; ++j) found |= plan.inputs[i] == plan.inputs[j];
  return found;
}

// Each word around predicts the word in the middle.
template <int W>
LEXLOOM_INLINE void skipgram(const Plan& plan, const Word2vecJob& job, const Memory& memory,
                             const Ahead& ahead, Loss<W>* loss) {
  const size_t size = (size_t)job.stride;
  multiply<W>(plan.inputs, plan.num_inputs, plan, job, memory, part_of(ahead, 0, 2), loss);
  // a row that stands twice among the inputs must not change before it is read again
  float* changes = plan.num_outputs <= kOutputs && !has_twins(plan) ? 0 : memory.changes;
  if (changes) memset(changes, 0, plan.num_inputs * size * sizeof(float));
  for (size_t j = 0; j < plan.num_outputs; j += kOutputs) {
    const size_t block = block_at(j, plan.num_outputs);
    const Ahead now = j ? Ahead{0, 0} : part_of(ahead, 1, 2);
    const float* from = memory.products + plan.num_inputs * j;
    LEXLOOM_BLOCKS(update_rows, block, plan.inputs, plan.num_inputs, plan.outputs + j, size, from,
                   changes, now)
  }
  if (!changes) return;
  for (size_t i = 0; i < plan.num_inputs; ++i)
    for (size_t k = 0; k < size; k += W)
      store<W>(plan.inputs[i] + k, load<W>(plan.inputs[i] + k) + load<W>(changes + i * size + k));
}

// The words around together predict the word in the middle.
template <int W>
LEXLOOM_INLINE void cbow(const Plan& plan, const Word2vecJob& job, const Memory& memory,
                         const Ahead& ahead, Loss<W>* loss) {
  const size_t size = (size_t)job.stride;
  const float share = job.is_mean ? 1.0f / (float)plan.num_inputs : 1.0f;
  const CbowRows rows = {plan.inputs, plan.num_inputs, plan.outputs, plan.num_outputs, memory.mean};
  go_over<W>(SumPass{rows, share}, size, part_of(ahead, 0, 3));
  float* const mean[] = {memory.mean};
  multiply<W>(mean, 1, plan, job, memory, part_of(ahead, 1, 3), loss);
  // the original gives the whole gradient to each word, though each has but a share in the mean
  const float factor = job.is_exact ? share : 1.0f;
  go_over<W>(SpreadPass{rows, memory.products, factor}, size, part_of(ahead, 2, 3));
}

template <int W>
LEXLOOM_INLINE void learn(Word2vecJob* job, Memory* memory) {
  Walk walk = {job, memory->sentence, 0, 0, job->start, job->seed, 0.0f, 0};
  // a sentence that began before belongs to the stretch before
  if (walk.position > 0)
    while (walk.position < job->stop && job->ids[walk.position - 1] != kSentenceEnd)
      ++walk.position;
  Loss<W> loss;
  start_loss<W>(&loss);
  int64_t num_predictions = 0;
  bool goes_on = next(&walk, &memory->plans[0]);
  for (size_t turn = 0; goes_on; turn ^= 1) {
    const Plan& plan = memory->plans[turn];
    const Plan& after = memory->plans[turn ^ 1];
    goes_on = next(&walk, &memory->plans[turn ^ 1]);
    const Ahead ahead = {after.outputs, goes_on ? after.num_ahead : 0};
    if (job->is_cbow) {
      cbow<W>(plan, *job, *memory, ahead, &loss);
      ++num_predictions;
    } else {
      skipgram<W>(plan, *job, *memory, ahead, &loss);
      num_predictions += (int64_t)plan.num_inputs;
    }
  }
  collect_loss<W>(&loss);
  job->loss = loss.sum, job->num_predictions = num_predictions;
  job->num_trained_words = walk.num_trained_words;
}

typedef void Learn(Word2vecJob*, Memory*);

void learn_plain(Word2vecJob* job, Memory* memory) { learn<4>(job, memory); }

#if defined(LEXLOOM_X86)
LEXLOOM_AVX2 void learn_avx2(Word2vecJob* job, Memory* memory) { learn<8>(job, memory); }
LEXLOOM_AVX512 void learn_avx512(Word2vecJob* job, Memory* memory) { learn<16>(job, memory); }
#else
#define learn_avx2 learn_plain
#define learn_avx512 learn_plain
#endif

Learn* const kLearn[] = {learn_plain, learn_avx2, learn_avx512};

// Give the next part of a block of memory, on a border of cache lines.
template <class T>
T* part(uint8_t** from, size_t count) {
  T* here = (T*)*from;
  *from += round_up(count * sizeof(T), 64);
  return here;
}

size_t lay_out(Memory* memory, const Word2vecJob& job, uint8_t* from) {
  uint8_t* const start = from;
  const size_t num_inputs = 2 * (size_t)job.window, stride = (size_t)job.stride;
  const size_t num_outputs = job.path_starts ? (size_t)job.max_path : 1 + (size_t)job.negative;
  memory->sentence = part<uint32_t>(&from, kMaxSentence);
  memory->products = part<float>(&from, num_inputs * num_outputs + 32);
  memory->labels = part<float>(&from, num_inputs * num_outputs + 32);
  memory->changes = part<float>(&from, num_inputs * stride);
  memory->mean = part<float>(&from, stride);
  for (Plan& plan : memory->plans) {
    plan.inputs = part<float*>(&from, num_inputs);
    plan.outputs = part<float*>(&from, num_outputs + 2);
  }
  return (size_t)(from - start);
}

}  // namespace
}  // namespace lexloom

// Learn from a stretch of the corpus; ids must be below the number of words. Several threads may
// learn into the same rows at once, without locks (Recht et al., 2011).
LEXLOOM_EXPORT int lexloom_word2vec(lexloom::Word2vecJob* job, int instruction_set) {
  using namespace lexloom;
  Memory memory;
  const size_t size = lay_out(&memory, *job, 0);
  void* bytes = 0;
  if (posix_memalign(&bytes, 64, size)) return kNoMemory;
  memset(bytes, 0, size);
  lay_out(&memory, *job, (uint8_t*)bytes);
  kLearn[instruction_set > kAvx512 ? kAvx512 : instruction_set](job, &memory);
  free(bytes);
  return kDone;
}
