// Users are stored only as keyed hashes, made here: whoever has the numbers without the key can
// neither name a user nor try names. The hash is SipHash-2-4 with a 128-bit key: a keyed function
// made for short inputs and 64 bits, a tenth of an HMAC's cost at every event.
//
// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012; tested with its vectors.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "processors/core/id.h"
#include "processors/core/result.h"

namespace weir::ingest {

/// Value; thread-safe.
class UserKey {
 public:
  explicit UserKey(const Id& key);

  /// 32 hexadecimal digits, such as `openssl rand -hex 16` prints. Error: invalid_argument, which
  /// does not repeat the text.
  static Result<UserKey> parse(std::string_view text);
  /// The key in that file, which is made with random bytes and mode 0600 where it is missing, so
  /// that restarts hash alike. Errors: invalid_argument (the file holds something else), io.
  static Result<UserKey> load_or_make(const std::string& path);

  /// Never 0, which stands for no user. The empty text has a hash like any other.
  std::uint64_t hash(std::string_view user) const;

 private:
  std::uint64_t k0_;
  std::uint64_t k1_;
};

/// The function itself.
std::uint64_t siphash24(std::uint64_t k0, std::uint64_t k1, std::string_view bytes);

}  // namespace weir::ingest
