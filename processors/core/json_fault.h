// Where a text stops being JSON, for whoever wrote it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// What is wrong with a text that is not JSON, and where, on one line:
///
///   {"a": 1,}             column 9: unexpected '}', expected string literal
///   {"a": 1,\n"b" 2}      line 2, column 5: unexpected number literal, expected ':'
///   {"a" true}            column 6: unexpected true literal, expected ':'
///
/// Lines and columns are counted from 1, columns in bytes. It is the first byte of what is not
/// wanted there; within a string, word or number that is none, the one at which it broke; at the
/// end of the text the one behind. A text on one line has no line. The text itself is not repeated,
/// so that this is ASCII whatever it is of. Empty: this is JSON, and another parser's limits (of
/// depth, of whole numbers) are not known here. Any bytes are taken, without recursion.
std::string json_fault(std::string_view text);

}  // namespace weir
