// Byte codecs shared by every format of ours: little-endian fixed integers, LEB128 varints, zigzag,
// and big-endian keys that sort as their numbers. A reader never passes its end: after the first
// short read it is `!ok()` and returns zeros, so that a codec checks once, at its end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir {

static_assert(std::endian::native == std::endian::little, "formats are little-endian");

template <class T>
void put_fixed(std::string& out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
}

/// A varint length, then the bytes.
inline void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

/// Big-endian, for keys of an ordered store. Unsigned T.
template <class T>
void put_key(std::string& out, T value) {
  static_assert(std::is_unsigned_v<T>);
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<std::uint8_t>(value >> shift));
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  template <class T>
  T fixed() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (remaining() < sizeof value) return short_read<T>();
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  /// Overlong and over-64-bit encodings are refused.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte == 0 && shift > 0) break;
      return value;
    }
    return short_read<std::uint64_t>();
  }

  std::string_view bytes() { return view(varint()); }

  std::string_view view(std::uint64_t size) {
    if (remaining() < size) return short_read<std::string_view>();
    const std::string_view result(at_, static_cast<std::size_t>(size));
    at_ += size;
    return result;
  }

  /// What put_key wrote.
  template <class T>
  T key() {
    static_assert(std::is_unsigned_v<T>);
    T value = 0;
    for (const char c : view(sizeof value))
      value = static_cast<T>(value << 8 | static_cast<std::uint8_t>(c));
    return value;
  }

 private:
  template <class T>
  T short_read() {
    ok_ = false;
    at_ = end_;
    return T{};
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace weir
