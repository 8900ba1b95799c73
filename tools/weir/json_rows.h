// Rows that are JSON objects, for people and programs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "sinks/results/proto_json.h"
#include "tools/weir/output.h"
#include "tools/weir/result_format.h"

namespace weir::cli {

/// What people see of a row.
struct JsonColumn {
  const char* title;
  std::string (*cell)(const results::Json& row);
};

/// Null where there is no such field: another version of Weir may have answered.
const results::Json& field(const results::Json& row, const char* name);
/// A text as it is, another value as JSON; null is empty.
std::string text_of(const results::Json& value);
std::string text_of(const results::Json& row, const char* name);
/// The texts of a list, between commas.
std::string joined(const results::Json& list);

/// Writes the rows behind what was written to `output` before, and finishes it.
///
///   json  one object a line, whole
///   csv   a header, then the columns
///   table the columns, each on one line and cut to what that has room for; empty is "-". Of no
///         row, standard error says `nothing`, if it says something
Result<void> write_rows(const results::Json& rows, std::span<const JsonColumn> columns,
                        Format format, Output& output, std::string_view nothing = {});

}  // namespace weir::cli
