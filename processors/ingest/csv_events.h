// Events from any CSV file with a header row, by a mapping of its columns: see csv_mapping.h. An
// empty cell is absent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "processors/ingest/csv_mapping.h"
#include "processors/ingest/importer.h"

namespace weir::ingest {

/// `service` not empty: that of every event. Error: invalid_argument where the mappings ("field=
/// column:unit") cannot be read, map a field twice, or leave out event_time.
Result<std::unique_ptr<Importer>> make_csv_importer(const std::vector<std::string>& mappings,
                                                    std::string service);

}  // namespace weir::ingest
