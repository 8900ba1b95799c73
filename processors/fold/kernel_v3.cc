// Compiled for x86-64-v3 (AVX2, BMI2): see CMakeLists.txt. Elsewhere there is nothing here.
#include <algorithm>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "processors/core/time.h"
#include "processors/events/columns.h"
#include "processors/fold/kernel.h"
#include "processors/sketches/ddsketch_bin.h"

#ifdef WEIR_X86_64_V3
namespace weir::fold {
namespace v3 {
namespace {
#include "processors/fold/kernel_prepare.h"
// After what it uses.
#include "processors/fold/kernel_add.h"
}  // namespace
}  // namespace v3

const Kernels kV3Kernels = {v3::prepare, v3::add};

}  // namespace weir::fold
#endif
