// AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101, algorithm 2) in one pass over the memory:
// gradient in, parameter, moments and the model's narrow copy out.
#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

// A stretch of one parameter; narrow is its copy in the model, or null where there is none.
struct Stretch {
  const void* gradient;
  float *parameter, *first_moment, *second_moment;
  bf16* narrow;
  size_t size;
};

// gradient_factor shortens the gradient; kept is 1 - rate * weight decay; rate is divided by the
// correction of the first moment, second_scale is one by the root of that of the second. What is
// new in a moment, 1 - beta, comes rounded once: a float that is close to 1 has few digits of it.
struct Settings {
  float gradient_factor, kept, rate, first_new, beta2, second_new, second_scale, epsilon;
};

template <int W, class G>
LEXLOOM_INLINE void step_lanes(const Stretch& s, const Settings& to, size_t i) {
  const Float<W> gradient = load<W>((const G*)s.gradient + i) * to.gradient_factor;
  Float<W> first = load<W>(s.first_moment + i);
  first += (gradient - first) * to.first_new;
  Float<W> second = load<W>(s.second_moment + i);
  second = second * to.beta2 + gradient * gradient * to.second_new;
  Float<W> root;
  for (int lane = 0; lane < W; ++lane) root[lane] = __builtin_sqrtf(second[lane]);
  const Float<W> moved = to.rate * first / (root * to.second_scale + to.epsilon);
  const Float<W> parameter = load<W>(s.parameter + i) * to.kept - moved;
  store<W>(s.parameter + i, parameter);
  store<W>(s.first_moment + i, first);
  store<W>(s.second_moment + i, second);
  if (s.narrow) store<W>(s.narrow + i, parameter);
}

template <int W, class G>
LEXLOOM_INLINE void step_stretch(const Stretch& s, const Settings& to) {
  size_t i = 0;
  for (; i + W <= s.size; i += W) step_lanes<W, G>(s, to, i);
  for (; i < s.size; ++i) step_lanes<1, G>(s, to, i);
}

// The sum of squares: in floats over a block, in doubles over the blocks.
template <int W, class G>
LEXLOOM_INLINE double square_sum(const G* values, size_t size) {
  constexpr size_t kBlock = 4096;
  double sum = 0.0;
  for (size_t begin = 0; begin < size; begin += kBlock) {
    const size_t end = begin + kBlock < size ? begin + kBlock : size;
    Float<W> squares = {};
    size_t i = begin;
    for (; i + W <= end; i += W) squares += load<W>(values + i) * load<W>(values + i);
    float rest = sum_of<W>(squares);
    for (; i < end; ++i) rest += get(values + i) * get(values + i);
    sum += rest;
  }
  return sum;
}

typedef void Step(const Stretch&, const Settings&);
typedef double SquareSum(const void*, size_t);

#define LEXLOOM_ADAMW(NAME, TARGET, W)                                      \
  template <class G>                                                        \
  TARGET void step_##NAME(const Stretch& s, const Settings& to) {           \
    step_stretch<W, G>(s, to);                                              \
  }                                                                         \
  template <class G>                                                        \
  TARGET double square_sum_##NAME(const void* values, size_t size) {        \
    return square_sum<W>((const G*)values, size);                           \
  }
LEXLOOM_ADAMW(plain, , 4)
#if defined(LEXLOOM_X86)
LEXLOOM_ADAMW(avx2, LEXLOOM_AVX2, 8)
LEXLOOM_ADAMW(avx512, LEXLOOM_AVX512, 16)
#else
#define step_avx2 step_plain
#define step_avx512 step_plain
#define square_sum_avx2 square_sum_plain
#define square_sum_avx512 square_sum_plain
#endif
#undef LEXLOOM_ADAMW

Step* const kSteps[][2] = {
    {step_plain<float>, step_plain<bf16>},
    {step_avx2<float>, step_avx2<bf16>},
    {step_avx512<float>, step_avx512<bf16>},
};
SquareSum* const kSquareSums[][2] = {
    {square_sum_plain<float>, square_sum_plain<bf16>},
    {square_sum_avx2<float>, square_sum_avx2<bf16>},
    {square_sum_avx512<float>, square_sum_avx512<bf16>},
};

}  // namespace
}  // namespace lexloom

// Step a stretch of a parameter. settings: the numbers of Settings in their order. dtype: that of
// the gradient; all else is float32 but narrow, which is bfloat16, or null.
LEXLOOM_EXPORT int lexloom_adamw(int dtype, const void* gradient, float* parameter,
                                 float* first_moment, float* second_moment, void* narrow,
                                 int64_t size, const float* settings, int instruction_set) {
  using namespace lexloom;
  Settings to;
  memcpy(&to, settings, sizeof to);
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kSteps[row][dtype](
      {gradient, parameter, first_moment, second_moment, (bf16*)narrow, (size_t)size}, to);
  return kDone;
}

LEXLOOM_EXPORT int lexloom_square_sum(int dtype, const void* values, int64_t size, double* sum,
                                      int instruction_set) {
  using namespace lexloom;
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  *sum = kSquareSums[row][dtype](values, (size_t)size);
  return kDone;
}
