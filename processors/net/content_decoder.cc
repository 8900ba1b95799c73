#include "processors/net/content_decoder.h"

#include <memory>

#include <zlib.h>
#include <zstd.h>

#include "processors/net/text.h"

namespace weir::net {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr int kGzipWindowBits = 15 + 16;  // 16: with a gzip header, not a zlib one
constexpr int kMaxZstdWindowLog = 24;

// The output so far, and its two limits.
class Output {
 public:
  Output(std::size_t limit_bytes, MemoryBudget::Claim& claim)
      : limit_(limit_bytes), claim_(claim) {}

  std::expected<void, DecodeFault> append(std::string_view bytes) {
    if (bytes.size() > limit_ - text_.size()) return std::unexpected(DecodeFault::too_large);
    if (!claim_.grow(bytes.size())) return std::unexpected(DecodeFault::memory_full);
    text_.append(bytes);
    return {};
  }
  std::string take() { return std::move(text_); }

 private:
  const std::size_t limit_;
  MemoryBudget::Claim& claim_;
  std::string text_;
};

std::expected<std::string, DecodeFault> gunzip(std::string_view body, Output output) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK)
    return std::unexpected(DecodeFault::memory_full);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  const auto chunk = std::make_unique<char[]>(kChunkBytes);
  // zlib reads through a pointer that is not const and writes nothing there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.get());
    stream.avail_out = kChunkBytes;
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = kChunkBytes - stream.avail_out;
    if (const auto kept = output.append({chunk.get(), made}); !kept)
      return std::unexpected(kept.error());
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return output.take();
      inflateReset(&stream);
    } else if (status != Z_OK) {
      return std::unexpected(DecodeFault::corrupt);
    }
  }
}

std::expected<std::string, DecodeFault> unzstd(std::string_view body, Output output) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  if (!context) return std::unexpected(DecodeFault::memory_full);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  const auto chunk = std::make_unique<char[]>(kChunkBytes);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  while (true) {
    ZSTD_outBuffer out{chunk.get(), kChunkBytes, 0};
    const std::size_t before = in.pos;
    const std::size_t status = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(status) != 0) return std::unexpected(DecodeFault::corrupt);
    if (const auto kept = output.append({chunk.get(), out.pos}); !kept)
      return std::unexpected(kept.error());
    if (status == 0 && in.pos == in.size) return output.take();
    // Neither input taken nor output made: the frame is cut off.
    if (in.pos == before && out.pos == 0) return std::unexpected(DecodeFault::corrupt);
  }
}

}  // namespace

std::optional<Encoding> parse_encoding(std::string_view header) {
  if (header.empty() || equals_ignoring_case(header, "identity")) return Encoding::identity;
  if (equals_ignoring_case(header, "gzip") || equals_ignoring_case(header, "x-gzip"))
    return Encoding::gzip;
  if (equals_ignoring_case(header, "zstd")) return Encoding::zstd;
  return std::nullopt;
}

std::expected<std::string, DecodeFault> decode(Encoding encoding, std::string_view body,
                                               std::size_t limit_bytes,
                                               MemoryBudget::Claim& claim) {
  Output output(limit_bytes, claim);
  switch (encoding) {
    case Encoding::gzip:
      return gunzip(body, std::move(output));
    case Encoding::zstd:
      return unzstd(body, std::move(output));
    case Encoding::identity:
      break;
  }
  if (const auto kept = output.append(body); !kept) return std::unexpected(kept.error());
  return output.take();
}

}  // namespace weir::net
