// One foreign format, read into events. An importer holds the format's options and reads any
// number of files in turn; a row that it cannot read is refused and the next one read. One thread.
//
// What a source does not tell stays absent. Nothing is ever guessed from a zero.
#pragma once

#include <cstdint>
#include <string>

#include "processors/core/result.h"
#include "processors/ingest/input_file.h"
#include "processors/ingest/raw_writer.h"

namespace weir::ingest {

class Importer {
 public:
  virtual ~Importer() = default;

  /// Reads the file to its end. Error: the file as a whole is not of this format (a missing
  /// header), or the log failed; whether it could be read to its end is InputFile::status().
  virtual Result<void> read(InputFile& file, RawWriter& writer) = 0;

  /// Fields of the source that no field of an event is named after, where the format has names.
  virtual std::uint64_t unknown_fields() const { return 0; }
  /// The first of them and where it stands: "'statuss', events.ndjson:1".
  virtual std::string first_unknown_field() const { return {}; }
};

}  // namespace weir::ingest
