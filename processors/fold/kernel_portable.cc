#include <algorithm>
#include <cstring>

#include "processors/core/time.h"
#include "processors/events/columns.h"
#include "processors/fold/kernel.h"
#include "processors/sketches/ddsketch_bin.h"

namespace weir::fold {
namespace portable {
namespace {
#include "processors/fold/kernel_prepare.h"
// After what it uses.
#include "processors/fold/kernel_add.h"
}  // namespace
}  // namespace portable

const Kernels kPortableKernels = {portable::prepare, portable::add};

const Kernels& best_kernels() {
#ifdef WEIR_X86_64_V3
  if (__builtin_cpu_supports("x86-64-v3")) return kV3Kernels;
#endif
  return kPortableKernels;
}

}  // namespace weir::fold
