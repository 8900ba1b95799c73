// Reading protobuf's wire format field by field, with exactly the tolerance of the generated
// classes (libprotobuf 3.21): bits of over-long varints are cut, unknown fields and groups are
// skipped, tag 0 and everything truncated is an error.
//
// Reference: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::events {

enum class WireType : std::uint8_t { varint, fixed64, bytes, start_group, end_group, fixed32 };

/// After the first error it is `!ok()`, at its end, and returns zeros. What is not inlined takes
/// and returns positions, never the reader: so that its own stays in a register.
class WireReader {
 public:
  /// How deep messages and groups may nest.
  static constexpr int kDepth = 100;

  explicit WireReader(std::string_view bytes, int depth = kDepth)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), depth_(depth) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }

  /// Goes to the next field; false at the end and on an error. The field must then be read, by its
  /// type, or skipped.
  bool next() { return read_tag() && (type() != WireType::end_group || refuse()); }
  std::uint32_t field() const { return tag_ >> 3; }
  WireType type() const { return static_cast<WireType>(tag_ & 7); }
  /// Field number and type as one number, to switch on: see wire_tag.
  std::uint32_t tag() const { return tag_; }

  std::uint64_t varint() {
    if (at_ != end_ && byte(0) < 0x80) return byte(at_++);
    if (end_ - at_ >= 8) {
      // Eight bytes at once, without a branch for each: the last one of the varint has no top bit.
      std::uint64_t word;
      std::memcpy(&word, at_, sizeof word);
      const std::uint64_t last = ~word & 0x8080'8080'8080'8080;
      if (last != 0) {
        at_ += std::countr_zero(last) / 8 + 1;
        return join_sevens(word & (last ^ (last - 1)));
      }
    }
    return take(long_varint(at_, end_, 10));
  }

  template <class T>
  T fixed() {
    T value{};
    const std::string_view bytes = view(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  /// The payload of a length-delimited field.
  std::string_view bytes() {
    if (at_ != end_ && byte(0) < 0x80) return view(byte(at_++));
    return view(take(long_varint(at_, end_, 5)));
  }

  /// The next `size` bytes.
  std::string_view view(std::uint64_t size) {
    if (static_cast<std::uint64_t>(end_ - at_) < size) return refuse(), std::string_view();
    const std::string_view result(at_, size);
    at_ += size;
    return result;
  }

  void skip() {
    at_ = skip(at_, end_, tag_, depth_);
    if (at_ == nullptr) refuse();
  }

 private:
  static std::uint8_t byte(const char* at) { return static_cast<std::uint8_t>(*at); }
  std::uint8_t byte(int offset) const { return byte(at_ + offset); }

  /// The low seven bits of each byte, side by side.
  static std::uint64_t join_sevens(std::uint64_t word) {
    word &= 0x7f7f'7f7f'7f7f'7f7f;
    word = (word & 0x007f'007f'007f'007f) | (word & 0x7f00'7f00'7f00'7f00) >> 1;
    word = (word & 0x0000'3fff'0000'3fff) | (word & 0x3fff'0000'3fff'0000) >> 2;
    return (word & 0x0fff'ffff) | (word & 0x0fff'ffff'0000'0000) >> 4;
  }

  bool read_tag() {
    if (at_ == end_) return false;
    if (byte(0) < 0x80) {
      tag_ = byte(at_++);
    } else if (end_ - at_ >= 2 && byte(1) < 0x80) {
      tag_ = (byte(0) & 0x7fu) | static_cast<std::uint32_t>(byte(1)) << 7;
      at_ += 2;
    } else {
      tag_ = static_cast<std::uint32_t>(take(long_varint(at_, end_, 5)));
    }
    return tag_ >> 3 != 0 || refuse();
  }

  struct Varint {
    std::uint64_t value;
    const char* end;  // null: not one
  };

  std::uint64_t take(Varint varint) {
    if (varint.end == nullptr) return refuse();
    at_ = varint.end;
    return varint.value;
  }

  [[gnu::noinline]] static Varint long_varint(const char* at, const char* end, unsigned max_bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < max_bytes && at != end; ++i) {
      const std::uint8_t next = byte(at++);
      value |= static_cast<std::uint64_t>(next & 0x7f) << 7 * i;
      if (next < 0x80) return {value, at};
    }
    return {0, nullptr};
  }

  /// Behind the field's value, or null.
  [[gnu::noinline]] static const char* skip(const char* at, const char* end, std::uint32_t tag,
                                            int depth) {
    WireReader reader({at, end}, depth);
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::varint:
        reader.varint();
        break;
      case WireType::fixed64:
        reader.view(8);
        break;
      case WireType::bytes:
        reader.bytes();
        break;
      case WireType::fixed32:
        reader.view(4);
        break;
      case WireType::start_group:
        reader.skip_group(tag + 1, depth - 1);
        break;
      default:
        reader.refuse();
    }
    return reader.ok() ? reader.at_ : nullptr;
  }

  void skip_group(std::uint32_t end_tag, int depth) {
    while (depth >= 0 && read_tag()) {
      if (tag_ == end_tag) return;
      at_ = skip(at_, end_, tag_, depth);
      if (at_ == nullptr) break;
    }
    refuse();
  }

  bool refuse() {
    ok_ = false;
    at_ = end_;
    return false;
  }

  const char* at_;
  const char* end_;
  int depth_;
  std::uint32_t tag_ = 0;
  bool ok_ = true;
};

constexpr std::uint32_t wire_tag(std::uint32_t field, WireType type) {
  return field << 3 | static_cast<std::uint32_t>(type);
}

}  // namespace weir::events
