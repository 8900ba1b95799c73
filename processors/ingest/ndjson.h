// One event a line, in the JSON form of events/json_event.h. Blank lines are skipped.
#pragma once

#include <memory>

#include "processors/ingest/importer.h"

namespace weir::ingest {

std::unique_ptr<Importer> make_ndjson_importer();

}  // namespace weir::ingest
