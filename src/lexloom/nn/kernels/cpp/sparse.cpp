// Rows of a sparse matrix times a dense one, many columns of which stay in registers.
#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

struct Sparse {
  const int64_t* starts;  // of each row's entries, and the last one's end
  const int32_t* columns;
  const float* values;
};

// Multiply by N vectors of each row of `other`.
template <int W, int N>
LEXLOOM_INLINE void multiply_vectors(const Sparse& sparse, int64_t first, int64_t last,
                                     const float* other, float* out, size_t width) {
  for (int64_t row = first; row < last; ++row) {
    Float<W> sums[N] = {};
    for (int64_t at = sparse.starts[row]; at < sparse.starts[row + 1]; ++at) {
      const float* from = other + (size_t)sparse.columns[at] * width;
      for (int n = 0; n < N; ++n) sums[n] += sparse.values[at] * load<W>(from + n * W);
    }
    for (int n = 0; n < N; ++n) store<W>(out + (size_t)row * width + n * W, sums[n]);
  }
}

// What is left of a row that is no multiple of a vector wide.
LEXLOOM_INLINE void multiply_column(const Sparse& sparse, int64_t first, int64_t last,
                                    const float* other, float* out, size_t width) {
  for (int64_t row = first; row < last; ++row) {
    float sum = 0.0f;
    for (int64_t at = sparse.starts[row]; at < sparse.starts[row + 1]; ++at)
      sum += sparse.values[at] * other[(size_t)sparse.columns[at] * width];
    out[(size_t)row * width] = sum;
  }
}

// N vectors fit into the registers.
template <int W, int N>
LEXLOOM_INLINE void multiply_rows(const Sparse& sparse, int64_t first, int64_t last,
                                  const float* other, float* out, size_t width) {
  size_t k = 0;
  for (; k + N * W <= width; k += N * W)
    multiply_vectors<W, N>(sparse, first, last, other + k, out + k, width);
  for (; k + W <= width; k += W)
    multiply_vectors<W, 1>(sparse, first, last, other + k, out + k, width);
  for (; k < width; ++k) multiply_column(sparse, first, last, other + k, out + k, width);
}

typedef void MultiplyRows(const Sparse&, int64_t, int64_t, const float*, float*, size_t);

void multiply_plain(const Sparse& sparse, int64_t first, int64_t last, const float* other,
                    float* out, size_t width) {
  multiply_rows<4, 8>(sparse, first, last, other, out, width);
}

#if defined(LEXLOOM_X86)
LEXLOOM_AVX2 void multiply_avx2(const Sparse& sparse, int64_t first, int64_t last,
                                const float* other, float* out, size_t width) {
  multiply_rows<8, 8>(sparse, first, last, other, out, width);
}
LEXLOOM_AVX512 void multiply_avx512(const Sparse& sparse, int64_t first, int64_t last,
                                    const float* other, float* out, size_t width) {
  multiply_rows<16, 7>(sparse, first, last, other, out, width);
}
#else
#define multiply_avx2 multiply_plain
#define multiply_avx512 multiply_plain
#endif

MultiplyRows* const kMultiplyRows[] = {multiply_plain, multiply_avx2, multiply_avx512};

}  // namespace
}  // namespace lexloom

// Give the rows [first, last) of the product of a sparse matrix and a dense one, `width` wide; the
// columns of the entries must be below the number of rows of `other`.
LEXLOOM_EXPORT int lexloom_sparse(const int64_t* starts, const int32_t* columns,
                                  const float* values, int64_t first, int64_t last,
                                  const float* other, float* out, int64_t width,
                                  int instruction_set) {
  using namespace lexloom;
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kMultiplyRows[row](Sparse{starts, columns, values}, first, last, other, out, (size_t)width);
  return kDone;
}

// Write the entries of the rows [first, last) to their columns' next free places, each of which goes
// on by one each time; the columns must have been counted.
LEXLOOM_EXPORT int lexloom_transpose(const int64_t* starts, const int32_t* columns,
                                     const float* values, int64_t first, int64_t last,
                                     int64_t* next, int32_t* out_rows, float* out_values) {
  for (int64_t row = first; row < last; ++row) {
    for (int64_t at = starts[row]; at < starts[row + 1]; ++at) {
      const int64_t to = next[columns[at]]++;
      out_rows[to] = (int32_t)row, out_values[to] = values[at];
    }
  }
  return lexloom::kDone;
}
