// Layer normalisation (Ba et al., 2016, arXiv:1607.06450), of rows as they are or of the sum of
// embeddings that are looked up on the way.
#include "cpu.h"
#include "lanes.h"

namespace lexloom {
namespace {

constexpr int kMaxTables = 4;
constexpr size_t kMaxSize = 8192;

// A row's vectors to sum: table[id] where there are ids, else the table's row of the same number.
struct Tables {
  const void* rows[kMaxTables];
  const int64_t* ids[kMaxTables];
  int count;
};

struct Norm {
  const void *weight, *bias;
  float eps;
};

template <int W, class T>
LEXLOOM_INLINE void norm_row(float* row, size_t size, const Norm& norm, T* out) {
  const size_t whole = size / W * W;
  Float<W> sums = {}, squares = {};
  for (size_t i = 0; i < whole; i += W) sums += load<W>(row + i);
  float mean = sum_of<W>(sums);
  for (size_t i = whole; i < size; ++i) mean += row[i];
  mean /= (float)size;
  for (size_t i = 0; i < whole; i += W) {
    const Float<W> centred = load<W>(row + i) - mean;
    squares += centred * centred;
  }
  float variance = sum_of<W>(squares);
  for (size_t i = whole; i < size; ++i) variance += (row[i] - mean) * (row[i] - mean);
  const float scale = 1.0f / __builtin_sqrtf(variance / (float)size + norm.eps);
  const T *weight = (const T*)norm.weight, *bias = (const T*)norm.bias;
  for (size_t i = 0; i < whole; i += W)
    store<W>(out + i, (load<W>(row + i) - mean) * scale * load<W>(weight + i) + load<W>(bias + i));
  for (size_t i = whole; i < size; ++i)
    put(out + i, (row[i] - mean) * scale * get(weight + i) + get(bias + i));
}

template <int W, class T>
LEXLOOM_INLINE void norm_sums(const Tables& tables, size_t num_rows, size_t size, const Norm& norm,
                              void* out) {
  alignas(64) float row[kMaxSize];
  const size_t whole = size / W * W;
  for (size_t m = 0; m < num_rows; ++m) {
    for (int n = 0; n < tables.count; ++n) {
      const T* from = (const T*)tables.rows[n] + (tables.ids[n] ? tables.ids[n][m] : m) * size;
      for (size_t i = 0; i < whole; i += W)
        store<W>(row + i, n ? load<W>(row + i) + load<W>(from + i) : load<W>(from + i));
      for (size_t i = whole; i < size; ++i) row[i] = n ? row[i] + get(from + i) : get(from + i);
    }
    norm_row<W>(row, size, norm, (T*)out + m * size);
  }
}

typedef void NormSums(const Tables&, size_t, size_t, const Norm&, void*);

template <class T>
void norm_plain(const Tables& tables, size_t num_rows, size_t size, const Norm& norm, void* out) {
  norm_sums<4, T>(tables, num_rows, size, norm, out);
}

#if defined(LEXLOOM_X86)
template <class T>
LEXLOOM_AVX2 void norm_avx2(const Tables& tables, size_t num_rows, size_t size, const Norm& norm,
                            void* out) {
  norm_sums<8, T>(tables, num_rows, size, norm, out);
}

template <class T>
LEXLOOM_AVX512 void norm_avx512(const Tables& tables, size_t num_rows, size_t size,
                                const Norm& norm, void* out) {
  norm_sums<16, T>(tables, num_rows, size, norm, out);
}
#else
#define norm_avx2 norm_plain
#define norm_avx512 norm_plain
#endif

NormSums* const kNormSums[][2] = {
    {norm_plain<float>, norm_plain<bf16>},
    {norm_avx2<float>, norm_avx2<bf16>},
    {norm_avx512<float>, norm_avx512<bf16>},
};

}  // namespace
}  // namespace lexloom

// Give the norm of the sum of num_tables rows for each of num_rows; out has (num_rows, size).
//
// tables: each (V, size). ids: for each table the V that each row takes, or null where the table
// has the num_rows rows themselves. table_rows: the V of each table.
LEXLOOM_EXPORT int lexloom_norm(int dtype, const void* const* tables, const int64_t* const* ids,
                                const int64_t* table_rows, int num_tables, int64_t num_rows, int64_t size,
                                const void* weight, const void* bias, float eps, void* out,
                                int instruction_set) {
  using namespace lexloom;
  if (num_tables < 1 || num_tables > kMaxTables || (size_t)size > kMaxSize) return kNotHere;
  Tables taken = {{}, {}, num_tables};
  for (int n = 0; n < num_tables; ++n) taken.rows[n] = tables[n], taken.ids[n] = ids[n];
  for (int n = 0; n < num_tables; ++n)
    for (int64_t m = 0; ids[n] && m < num_rows; ++m)
      if (ids[n][m] < 0 || ids[n][m] >= table_rows[n]) return kOutOfRange;
  const Norm norm = {weight, bias, eps};
  const int row = instruction_set > kAvx512 ? kAvx512 : instruction_set;
  kNormSums[row][dtype](taken, (size_t)num_rows, (size_t)size, norm, out);
  return kDone;
}
