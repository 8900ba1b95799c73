// Foreign text in what we say: never more of it than a reader needs. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// How much of a text an error repeats.
inline constexpr std::size_t kMaxQuotedBytes = 100;

/// The longest prefix of at most `limit` bytes that does not cut a UTF-8 character.
std::string_view cut_utf8(std::string_view text, std::size_t limit);

/// 'text'; of a longer one the beginning and its length: 'AAAA...' (1048576 bytes). The bytes
/// themselves are as they came.
std::string quote(std::string_view text);

/// What goes below a complaint about the byte `at` of a text, at most its size: a new line, the
/// line of the text that holds it, and a caret under it.
std::string caret_below(std::string_view text, std::size_t at);

}  // namespace weir
