// Memory that grows as it is filled.
#pragma once

#include <stdlib.h>

namespace lexloom {

// Make room for so many; what is there stays. False where there is no memory, and then too.
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

}  // namespace lexloom
