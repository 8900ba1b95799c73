// The files of the live page, as they are compiled into the binary: what files.txt lists.
//
// Constant data, ready before main; thread-safe. Paths are unique and begin with a slash; `/` is
// the page itself. The etag is a quoted hash of the bytes, so it changes only with them.
#pragma once

#include <span>
#include <string_view>

namespace weir::dashboard {

struct PageFile {
  std::string_view path;          // as served: "/", "/main.js"
  std::string_view content_type;  // "text/html; charset=utf-8"
  std::string_view bytes;
  std::string_view etag;  // with its quotes
};

/// Every file, by path.
std::span<const PageFile> page_files();

/// The header value that the page is written for: it asks no other host, runs no inline script and
/// has no inline style. Send it with every file.
inline constexpr std::string_view kPageSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace weir::dashboard
